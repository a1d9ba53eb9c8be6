"""What ExaBGP says and hears.

adj_rib_in       what sources and peers announce enters the RIB
adj_rib_out      lines of local sources are passed on to ExaBGP; unanswered: which line an answer is about
refused_lines    lines that were refused, or mean something else here: for the log and the status
peers            BGP peers: their paths, their sessions, their hold timers
exabgp_session   one connection with ExaBGP, from its first message on; resync: what stood before, which it is asked for
startup_buffer   messages that come before the daemon exists
exabgp_watch     whether our own ExaBGP runs or hangs
discovery        neighbors found by tag become part of ExaBGP's configuration
render_conf      that configuration as text; exabgp_file: checked by ExaBGP, then put in place
relay            the process that `bgp2vpc run`'s ExaBGP runs: it lends us ExaBGP's pipe
"""
