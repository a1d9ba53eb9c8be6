"""How much one line may be. Imports nothing of ours: the relay uses it too."""

from typing import Final

MAX_LINE: Final = 64 * 1024
"""Bytes, whatever is configured. 1000 IPv6 prefixes behind `nlri` have 44,000; ExaBGP gives up at 1 MiB."""
USUAL_MAX_LINE: Final = 4 * 1024
"""Bytes, where nothing is configured: a healthcheck's line has a few hundred. A path may keep nine times its line."""
