"""EC2's behaviour for requests of all kinds.

actions  DryRun changes nothing; an unsupported action gets an EC2 error, not an HTML page
filters  filters with OR over their values; unknown ones are refused
hidden   resources and tags that a describe leaves out: managed ones, instances, tags of a shared VPC
paging   MaxResults and NextToken
"""
