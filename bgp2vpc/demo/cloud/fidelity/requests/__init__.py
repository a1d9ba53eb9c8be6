"""What goes for every request, whatever it is about.

actions  DryRun does nothing; what moto cannot do is an error of EC2's, not an HTML page
filters  filters with OR over their values; unknown ones are refused
hidden   what a describe leaves out: managed resources, instances, tags of a shared VPC
paging   MaxResults and NextToken
"""
