"""A script for ExaBGP's own Python, not imported: prints a file as parsed by ExaBGP, as one line of JSON.

    python3 -I ask_exabgp.py FILE

It loads the file as `exabgp validate` (4.2: `exabgp --test`) does, so it starts no process and opens no socket. For 4.2
and 5.0. It imports nothing of bgp2vpc, since ExaBGP may have another, older Python.
"""

import json
import os
import sys

os.environ.update({"exabgp_log_enable": "false"})  # must be set before the imports; only the last line of output counts

from exabgp.bgp.message.update.attribute import Attribute
from exabgp.configuration.configuration import Configuration

try:
    from exabgp.environment import getenv
    from exabgp.logger import log

    ENVIRONMENT = getenv()
    log.init(ENVIRONMENT)
except ImportError:  # 4.2
    from exabgp.configuration.setup import environment

    ENVIRONMENT = environment.setup("/etc/exabgp/exabgp.env")

_HEARING = ("neighbor-changes", "receive-parsed", "receive-update")


def main(file: str) -> int:
    """Print the parsed file. Returns the exit status: 1 if ExaBGP refuses the file."""
    configuration = Configuration([file])
    if not configuration.reload():
        return 1
    processes = {
        name: {"run": each.get("run", []), "encoder": each.get("encoder", "")}
        for name, each in configuration.processes.items()
    }
    neighbors = [
        {
            "address": str(each.peer_address if hasattr(each, "peer_address") else each["peer-address"]),
            "processes": each.api["processes"],
            "match": each.api.get("processes-match", []),
            "hear": [each.api.get(key, []) for key in _HEARING],
            "routes": [
                {
                    "prefix": str(change.nlri).split()[0],
                    # 4.2 has removed it from the attributes by now.
                    "watchdog": str(change.attributes.get(Attribute.CODE.INTERNAL_WATCHDOG, "")),
                }
                for change in each.changes
            ],
        }
        for each in configuration.neighbors.values()
    ]
    told = {"user": str(ENVIRONMENT.daemon.user), "processes": processes, "neighbors": neighbors}
    sys.stdout.write("\n" + json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
