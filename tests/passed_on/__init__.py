"""What bgp2vpc passes on, said to a real ExaBGP: does anything stop it, or its sessions, or confuse its answers?"""
