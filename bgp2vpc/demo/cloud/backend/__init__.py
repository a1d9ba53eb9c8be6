"""EC2 and Auto Scaling themselves: moto's application and its state.

ec2      moto behind one lock, and what others write beside the callers
scaling  Auto Scaling: a group that ends an instance waits for its lifecycle hook
stale    the route tables as they were some time ago
builder  makes a world of VPCs, tables and instances in moto's state
show     a route table as text
"""
