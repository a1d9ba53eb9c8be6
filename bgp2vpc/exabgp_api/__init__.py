"""ExaBGP's API, both ways: lines that scripts say, and lines that ExaBGP prints.

line           one line of a script -> a Command; how lines are read, and which dialects there are, stands there
command        what a line turned out to be: a Command, or a LineError
words          a line as words; numbers and addresses among them
routes         `announce route …` -> events; attributes: what stands behind a prefix
control        commands that are no routes: end-of-RIB, watchdog, flush, version, help
harmful        lines that would stop ExaBGP or its sessions, with the versions they stop
messages       what ExaBGP tells a helper, as values; messages_text and messages_json read it
render         a path -> a line that every ExaBGP understands
conf           ExaBGP's configuration file
"""

from typing import Final

# Here, where nothing else is imported: `bgp2vpc tee` runs once for every script and needs no parser.
MAX_LINE: Final = 64 * 1024
"""Bytes, whatever is configured. 1000 IPv6 prefixes behind `nlri` have 44,000; ExaBGP gives up at 1 MiB."""
USUAL_MAX_LINE: Final = 4 * 1024
"""Bytes, where nothing is configured: a healthcheck's line has a few hundred. A path may keep nine times its line."""
