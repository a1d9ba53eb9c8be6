"""The VPC side, without any BGP: what EC2 told, and how it is asked. All but `aws` is pure.

model           tables, routes and targets, interfaces, subnets
snapshot        all of it as the last reads of EC2 showed it
finders         which route tables a rule is about
prefix_lists    managed prefix lists: which one a rule means, and whether it can be used
access          the role and region by which tables are reached
order_tags      the tags that drain an instance, or avoid a zone
settling        our own writes that reads may not show yet
pace            the token bucket of the writes
auto_poll_time  how often each host of a fleet polls EC2
lifecycle       whether AWS is going to end this instance, from its metadata
api             the few operations that are needed, as a protocol
targets         whether a target can be given to routes
aws/            EC2, Auto Scaling and instance metadata over the network
"""
