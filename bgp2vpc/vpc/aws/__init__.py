"""AWS over the network: EC2 and Auto Scaling through botocore, and instance metadata.

ec2           implements `api.py`; ec2_clients makes botocore's clients, with the role of each account
wire          converts EC2's answers into the model, and a change into the parameters of a call
failures      maps EC2's error codes to our exceptions
auto_scaling  the calls for a lifecycle hook
imds          instance metadata; connect: determines this instance and connects to its EC2
slim_model    botocore's data reduced to the operations used here
"""
