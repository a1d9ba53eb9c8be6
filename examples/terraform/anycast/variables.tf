variable "package" {
  type        = string
  description = "What pip installs on the instances: the URL of a wheel or source archive of bgp2vpc, or its name on an index."

  validation {
    condition     = !can(regex("['\\s]", var.package))
    error_message = "No quotes and no spaces."
  }
}

variable "name" {
  type        = string
  default     = "anycast"
  description = "The prefix of the names of all resources."
}

variable "image_parameter" {
  type        = string
  default     = "/aws/service/debian/release/12/latest/amd64"
  description = "The public parameter with the id of an image: Debian 12 or newer (Python 3.11), or Ubuntu 24.04 or newer."
}

variable "instance_type" {
  type    = string
  default = "t3.micro"
}

variable "vpc_cidr" {
  type        = string
  default     = "10.0.0.0/16"
  description = "At least a /22: each of the four subnets is a /24."

  validation {
    condition     = can(cidrsubnets(var.vpc_cidr, 2, 2, 2, 2)) && tonumber(split("/", var.vpc_cidr)[1]) <= 22
    error_message = "An IPv4 block of /22 or more addresses."
  }
}

variable "anycast_address" {
  type        = string
  default     = "192.0.2.53"
  description = "An address outside `vpc_cidr`."
}

variable "zones" {
  type        = list(string)
  default     = null
  description = "The names of two availability zones. Default: the first two of the region."
}

variable "session_manager" {
  type        = bool
  default     = true
  description = "A shell by `aws ssm start-session`. Installs the agent, and lets the role use Session Manager."
}

variable "key_name" {
  type        = string
  default     = null
  description = "An EC2 key pair for SSH."
}

variable "ssh_from" {
  type        = string
  default     = null
  description = "The IPv4 block that may use SSH from outside the VPC."
}
