"""What ExaBGP starts as its helper here: it lends its pipe to the test, and lives until the test needs it no more."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as test:
    test.connect(sys.argv[1])
    socket.send_fds(test, [b"\0"], [0, 1])
    test.recv(1)
