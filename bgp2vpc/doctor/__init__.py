"""`bgp2vpc doctor`: finds causes that would keep routes from working, and commands that mend them. `judge` explains it.

facts/       collects the facts: host, metadata, EC2, ExaBGP
model        facts and findings, as values
subjects     the prefixes to check, and the calls to make with DryRun
judge        turns facts into findings, by one function for each check
host         findings about this machine
vpc          findings about the VPC; routes: about routes in it, present and future
             accounts: about other accounts and regions; order_tags: about tags that give orders
exabgp       findings about ExaBGP; exabgp_conf: parses its file; neighbors: about BGP neighbors
"""
