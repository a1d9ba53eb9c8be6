"""ExaBGP's API in both directions: lines that scripts print for ExaBGP, and lines that ExaBGP prints for helpers.

line           parses one line of a script into a Command; its docstring explains the steps and the dialects
command        the result of parsing a line: a Command, or a LineError
words          a line as words; numbers and addresses among them
routes         `announce route …` -> events; attributes: the words after a prefix; communities: community values
control        all other commands: end-of-RIB, watchdog, flush, version, help
harmful        lines that would stop ExaBGP or reset its sessions, with the versions concerned
messages       the messages ExaBGP sends to a helper, as values; messages_text and messages_json decode them
render         a path -> a line that every ExaBGP version accepts
conf           writes ExaBGP's configuration file
"""

from typing import Final

# In this file, which imports nothing: `bgp2vpc tee` runs once for every script and must not load the parser.
MAX_LINE: Final = 64 * 1024
"""Upper limit of a line in bytes, whatever `max_line` says. 1000 IPv6 prefixes after `nlri` take 44,000; ExaBGP's own
limit is 1 MiB."""
USUAL_MAX_LINE: Final = 4 * 1024
"""Default of `max_line`, in bytes; a healthcheck's line has a few hundred. The parsed path can take nine times the
memory of its line."""
