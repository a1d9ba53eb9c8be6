"""EC2 and Auto Scaling: moto's application and its state.

builder  creates a world of VPCs, tables and instances in moto's state
ec2      moto behind one lock; writes of the outside world
scaling  Auto Scaling: a group that terminates an instance waits for its lifecycle hook
stale    stale reads: the route tables as they were some time ago
show     a route table as text
"""
