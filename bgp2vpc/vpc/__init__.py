"""The VPC side, without any BGP: values read from EC2, decisions about them, and the API calls. All but `aws` is pure.

model           route tables, routes and targets, interfaces, subnets, prefix lists
snapshot        the state of the VPC as the last reads of EC2 showed it
finders         selects the route tables of a rule
prefix_lists    selects the managed prefix lists of a rule, and checks whether they can be used
access          the role and region with which tables are read and written
order_tags      the tags that drain an instance or avoid a zone
settling        corrects reads that do not show our own last writes yet
pace            the token bucket of the write calls
auto_poll_time  the poll interval of each host of a fleet
lifecycle       the notices in instance metadata that this instance will end
api             the protocol of the calls to EC2 and Auto Scaling
targets         checks whether a route can have a target
aws/            EC2, Auto Scaling and instance metadata over the network
"""
