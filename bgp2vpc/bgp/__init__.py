"""The BGP side, without any VPC. Pure.

path         a path: prefix, next hop, attributes
events       the events a source can send: announce, withdraw, end-of-RIB
rib          the Adj-RIB-In of each source, and the paths offered for each prefix
best         best path selection (RFC 4271, 9.1.2.2)
sessions     the state of each BGP session, why a neighbor no longer offers a path
hold_timers  when a peer counts as lost before ExaBGP ends its session
export       the export policy of a drain
mesh         the neighbors of our ExaBGP: configured peers and members of the mesh
prefix_list  prefix lists in routers' notation: which prefixes a rule accepts
"""
