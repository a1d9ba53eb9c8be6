"""Collects the doctor's facts, without changing anything.

gather          collects all facts, each on a thread and with a time limit
machine         addresses, sysctls and listening sockets, from the kernel
running_exabgp  the ExaBGP that runs the daemon, its version and its file
ask_exabgp      a script for ExaBGP's own Python that prints the file as ExaBGP parses it
reach           the answers of BGP neighbors' ports, the security groups in between, the ExaBGP of `bgp2vpc run`
"""
