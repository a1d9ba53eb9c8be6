"""The VPC side, without any BGP: what EC2 told, and how it is asked.

model        tables, routes, interfaces, subnets: the `Snapshot`                            pure
finders      which route tables a rule is about                                             pure
prefix_lists  managed prefix lists: which one a rule means, and whether it can be used       pure
access       the role and region by which tables are reached                                pure
order_tags   the tags that drain an instance, or avoid a zone                               pure
settling     our own writes that reads may not show yet                                     pure
pace         the token bucket of the writes                                                 pure
poll_time    how often each host of a fleet polls EC2                                       pure
lifecycle    whether AWS is going to end this instance, from its metadata                   pure
api          the few operations that are needed, as a protocol
ec2          these operations through botocore; ec2_clients makes its clients
auto_scaling  the calls about a lifecycle hook
wire         EC2's answers -> the model, and a change -> the parameters of a call
targets      whether a target can be given to routes
failures     EC2's error codes -> ours
imds         instance metadata; connect: who we are, and a way to our EC2
slim_model   botocore's data without what is not used here
"""
