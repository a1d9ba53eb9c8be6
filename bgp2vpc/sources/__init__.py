"""Sources of lines: scripts, socket clients, tee, ExaBGP's pipe. `session` explains how the room works.

session      the session of a source, like that of a BGP peer
script       runs a configured process and reads its lines; child: its process group
server       the unix socket for clients that send lines or ask questions; unix: the socket's file
exabgp_pipe  the pipes from and to ExaBGP
tee          copies a script's lines to ExaBGP and to the daemon; presence: the announcements in force
client       the client's side of the unix socket, for the commands
lines        splits a stream of bytes into lines; pipes: reads and writes without blocking
turns        shares the event loop between the sources
log_limit    limits how often the same thing is logged
"""
