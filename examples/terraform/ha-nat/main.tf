# Two NAT instances in two zones, each with the default route of its own zone, and a NAT gateway behind them. Each has the
# default route of its zone's private table while it reaches the internet, and takes the other one's when that instance
# stops answering. While neither works, the NAT gateway has both routes. See examples/ha-nat.yaml.
#
# A NAT gateway costs by the hour, used or not. To do without one, remove it and `fallback` in user-data.sh.tftpl; then the
# role also needs ec2:DeleteRoute.

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"] # no Local Zones
  }
}

data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

data "aws_ssm_parameter" "image" {
  name = var.image_parameter
}

locals {
  names   = var.zones == null ? data.aws_availability_zones.available.names : var.zones
  zones   = { a = local.names[0], b = local.names[1] }
  numbers = { a = 0, b = 1 }
  newbits = 24 - tonumber(split("/", var.vpc_cidr)[1])
}

resource "aws_vpc" "this" {
  cidr_block         = var.vpc_cidr
  enable_dns_support = true
  tags               = { Name = var.name }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

# The instances are in public subnets, so that their path to the internet and to EC2's API does not depend on the routes that they manage.

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name} public" }
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_subnet" "public" {
  for_each          = local.zones
  vpc_id            = aws_vpc.this.id
  availability_zone = each.value
  cidr_block        = cidrsubnet(var.vpc_cidr, local.newbits, local.numbers[each.key])
  tags              = { Name = "${var.name} public ${each.key}" }
}

resource "aws_route_table_association" "public" {
  for_each       = local.zones
  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

# bgp2vpc writes the routes of these tables. This file has none, neither inline nor as `aws_route`, so Terraform leaves them alone.

resource "aws_route_table" "private" {
  for_each = local.zones
  vpc_id   = aws_vpc.this.id
  tags     = { Name = "${var.name} private ${each.key}", type = "private", az = each.value }
}

resource "aws_subnet" "private" {
  for_each          = local.zones
  vpc_id            = aws_vpc.this.id
  availability_zone = each.value
  cidr_block        = cidrsubnet(var.vpc_cidr, local.newbits, 2 + local.numbers[each.key])
  tags              = { Name = "${var.name} private ${each.key}" }
}

resource "aws_route_table_association" "private" {
  for_each       = local.zones
  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

resource "aws_eip" "gateway" {
  domain     = "vpc"
  tags       = { Name = "${var.name} gateway" }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  subnet_id     = aws_subnet.public["a"].id
  allocation_id = aws_eip.gateway.id
  tags          = { Name = var.name }
}

# The output of `bgp2vpc iam-policy -f FILE --region … --account … --vpc …` for the file in user-data.sh.tftpl. No route is
# ever deleted: the fallback is put back.

data "aws_iam_policy_document" "bgp2vpc" {
  statement {
    sid = "Read"
    actions = [
      "ec2:DescribeRouteTables",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeInstanceStatus",
      "ec2:DescribeNatGateways",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "ec2:Region"
      values   = [data.aws_region.current.region]
    }
  }

  statement {
    sid       = "Write"
    actions   = ["ec2:CreateRoute", "ec2:ReplaceRoute"]
    resources = ["arn:${data.aws_partition.current.partition}:ec2:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:route-table/*"]

    condition {
      test     = "ArnEquals"
      variable = "ec2:Vpc"
      values   = [aws_vpc.this.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/type"
      values   = ["private"]
    }
  }
}

# The least permissions for Session Manager's agent.
data "aws_iam_policy_document" "session_manager" {
  statement {
    actions = [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

resource "aws_iam_role" "this" {
  name_prefix        = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "bgp2vpc" {
  name   = "bgp2vpc"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.bgp2vpc.json
}

resource "aws_iam_role_policy" "session_manager" {
  count  = var.session_manager ? 1 : 0
  name   = "session-manager"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.session_manager.json
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = var.name
  role        = aws_iam_role.this.name
}

resource "aws_security_group" "this" {
  name_prefix = var.name
  description = "What the VPC sends to the internet, and pings of the other instance"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "Everything"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "vpc" {
  security_group_id = aws_security_group.this.id
  description       = "What it forwards, and pings"
  cidr_ipv4         = var.vpc_cidr
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  count             = var.ssh_from == null ? 0 : 1
  security_group_id = aws_security_group.this.id
  description       = "SSH"
  cidr_ipv4         = var.ssh_from
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_network_interface" "nat" {
  for_each          = local.zones
  subnet_id         = aws_subnet.public[each.key].id
  security_groups   = [aws_security_group.this.id]
  source_dest_check = false # it forwards
  tags              = { Name = "${var.name} ${each.key}" }
}

resource "aws_eip" "nat" {
  for_each   = local.zones
  domain     = "vpc"
  tags       = { Name = "${var.name} ${each.key}" }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_eip_association" "nat" {
  for_each             = local.zones
  allocation_id        = aws_eip.nat[each.key].id
  network_interface_id = aws_network_interface.nat[each.key].id
}

resource "aws_instance" "nat" {
  for_each             = local.zones
  ami                  = nonsensitive(data.aws_ssm_parameter.image.value)
  instance_type        = var.instance_type
  iam_instance_profile = aws_iam_instance_profile.this.name
  key_name             = var.key_name
  tags                 = { Name = "${var.name} ${each.key}" }

  user_data = templatefile("${path.module}/user-data.sh.tftpl", {
    package         = var.package
    region          = data.aws_region.current.region
    dns_suffix      = data.aws_partition.current.dns_suffix
    session_manager = var.session_manager
    vpc_cidr        = var.vpc_cidr
    nat_gateway_id  = aws_nat_gateway.this.id
  })

  primary_network_interface {
    network_interface_id = aws_network_interface.nat[each.key].id
  }

  # Version 2 only. With one hop, neither forwarded requests nor a container behind a bridge get the role's credentials.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted = true
  }

  # A newer image would replace both instances at once. Replace them one by one: README.md.
  lifecycle {
    ignore_changes = [ami, user_data]
  }

  depends_on = [aws_route.public, aws_eip_association.nat, aws_iam_role_policy.bgp2vpc]
}
