"""ExaBGP announcements in, AWS VPC routes out. The rooms, in the order a line passes through them:

sources   where lines come from: scripts, ExaBGP's stdin, clients of the unix socket, tee
dialect   one line of ExaBGP's API -> commands and events, and back                         pure
bgp       the BGP side: paths, Adj-RIB-In per source, best path                             pure
vpc       the VPC side: route tables as EC2 told them; EC2 and instance metadata
routing   where both meet: rules, wish, diff, plan, guard                                   pure
daemon    the loop: observe, decide, apply; supervision; status
cli       one file per command
config    YAML -> frozen Config, every error at once with file and line
demo      an embedded VPC to see it all work
"""

__version__ = "0.1.0"
