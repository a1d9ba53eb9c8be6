"""Addresses of this machine that are this test process's own: others may run the same tests at the same time."""

import os

NETWORK = f"127.{64 + os.getpid() % 128}"
"""The first half of a /16 of the loopback network."""
