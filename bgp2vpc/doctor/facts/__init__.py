"""The facts that the doctor judges: this room reads them, and changes nothing.

gather          all of them, each on a thread and with a time limit
machine         addresses, sysctls and processes, from the kernel
running_exabgp  the ExaBGP that runs the daemon, its file, and what it says of both
ask_exabgp      run by ExaBGP's own Python: what its parser makes of the file
reach           BGP neighbors' ports, and the security groups between
"""
