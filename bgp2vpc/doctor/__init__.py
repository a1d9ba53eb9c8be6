"""`bgp2vpc doctor`: looks for what would keep routes from working, and says how to mend it. `judge` has the theory.

facts/       reads the facts: host, metadata, EC2, ExaBGP
model        facts and findings, as values
subjects     which prefixes are checked, and which calls are made with DryRun
judge        facts -> findings, by one function for each check
host         findings about this machine
vpc          about the VPC; routes: about what is, or would be, written there
             accounts: about other accounts and regions; order_tags: about tags that give orders
exabgp       about ExaBGP; exabgp_conf: its file; neighbors: about BGP neighbors
"""
