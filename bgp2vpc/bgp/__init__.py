"""The BGP side, without any VPC. Pure.

path         one source's offer for one prefix
events       what a source can say
rib          the Adj-RIB-In of each source, and the paths offered for each prefix
best         best path (RFC 4271, 9.1.2.2)
sessions     which peers have a session, how others have lost theirs; hold timers
export       what a drain makes of the paths that this host announces
mesh         whom our ExaBGP peers with: configured neighbors, and members of the mesh
prefix_list  which prefixes are accepted, in the notation of routers
"""
