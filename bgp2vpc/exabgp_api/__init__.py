"""ExaBGP's API in both directions: lines that scripts print for ExaBGP, and lines that ExaBGP prints for helpers.

line           one line of a script -> a Command; its docstring explains the steps and the dialects
command        the result of parsing a line: a Command, or a LineError
words          a line as words; numbers and addresses among them
routes         `announce route …` -> events; attributes: the words after a prefix; communities: those of them
control        commands that are no routes: end-of-RIB, watchdog, flush, version, help
harmful        lines that would stop ExaBGP or its sessions, with the versions they stop
messages       what ExaBGP tells a helper, as values; messages_text and messages_json read it
render         a path -> a line that every ExaBGP understands
conf           ExaBGP's configuration file
"""

from typing import Final

# In this file, which imports nothing: `bgp2vpc tee` runs once for every script and must not load the parser.
MAX_LINE: Final = 64 * 1024
"""Bytes, whatever is configured. 1000 IPv6 prefixes behind `nlri` have 44,000; ExaBGP's own limit is 1 MiB."""
USUAL_MAX_LINE: Final = 4 * 1024
"""The default of `max_line`, in bytes: a healthcheck's line has a few hundred. A path may take nine times its line."""
