output "vpc_id" {
  value = aws_vpc.this.id
}

output "private_subnet_ids" {
  value = [for zone in keys(local.zones) : aws_subnet.private[zone].id]
}

output "instance_ids" {
  value       = [for zone in keys(local.zones) : aws_instance.nat[zone].id]
  description = "For `aws ssm start-session --target`."
}

output "addresses" {
  value       = [for zone in keys(local.zones) : aws_eip.nat[zone].public_ip]
  description = "The source addresses that the internet sees while the instances work."
}
