"""The Adj-RIB-In and the Adj-RIB-Out, the BGP peers, and the ExaBGP that has the sessions with them.

adj_rib_in       paths of local sources and of BGP peers enter the RIB
adj_rib_out      sends the lines of local sources to ExaBGP; unanswered: finds the line that an answer is about
refused_lines    lines that were refused, or do less here than in ExaBGP: for the log and the status
peers            BGP peers: their paths, their sessions, their hold timers
exabgp_session   one connection with ExaBGP; resync: asks ExaBGP for the sessions and paths from before it
startup_buffer   keeps ExaBGP's messages until the daemon exists
exabgp_watch     whether our own ExaBGP runs or hangs
discovery        makes instances found by tag neighbors in ExaBGP's configuration
render_conf      the text of that configuration; exabgp_file: has ExaBGP check it, then replaces the file
relay            the process that `bgp2vpc run`'s ExaBGP starts: it passes ExaBGP's pipe to the daemon
"""
