"""AWS over the network: EC2 and Auto Scaling through botocore, and instance metadata.

ec2           the operations of `api.py`; ec2_clients makes botocore's clients, with the role of each account
wire          EC2's answers -> the model, and a change -> the parameters of a call
failures      EC2's error codes -> ours
auto_scaling  the calls about a lifecycle hook
imds          instance metadata; connect: who we are, and a way to our EC2
slim_model    botocore's data without what is not used here
"""
