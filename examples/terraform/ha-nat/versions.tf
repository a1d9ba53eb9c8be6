terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.10" # the first one with `primary_network_interface`
    }
  }
}
