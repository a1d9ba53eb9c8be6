"""How much one line may be. Imports nothing of ours: the relay uses it too."""

from typing import Final

MAX_LINE: Final = 64 * 1024
"""Bytes. The longest line of use, 1000 IPv6 prefixes behind `nlri`, has 44,000; ExaBGP gives up at 1 MiB."""
