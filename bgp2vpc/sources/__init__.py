"""Where lines come from. `session` has the theory of operation.

session      each source has a session, as a BGP peer has
script       runs a configured process, and reads its lines; child: its process group
server       the unix socket, whose clients send lines and ask questions; unix: the socket's file
exabgp_pipe  the pipes from and to ExaBGP
tee          a script's lines go to ExaBGP and to the daemon; presence: what it has announced so far
client       the other end of the unix socket, for the commands
lines        a stream of bytes -> lines; pipes: reads and writes without blocking
turns        shares the event loop between the sources
log_limit    limits how often something is logged
"""
