output "vpc_id" {
  value = aws_vpc.this.id
}

output "private_subnet_ids" {
  value = [for zone in keys(local.zones) : aws_subnet.private[zone].id]
}

output "instance_ids" {
  value       = [for zone in keys(local.zones) : aws_instance.anycast[zone].id]
  description = "For `aws ssm start-session --target`."
}

output "anycast_address" {
  value = var.anycast_address
}
