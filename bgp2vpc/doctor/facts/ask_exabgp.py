"""Run by ExaBGP's own Python, not imported: what ExaBGP's parser makes of a file, as one line of JSON.

    python3 -I ask_exabgp.py FILE

It loads the file as `exabgp validate` (4.2: `exabgp --test`) does, so it starts no process and opens no socket. 4.2 and
5.0. Nothing of bgp2vpc is imported, since ExaBGP may have a Python of its own, and an older one.
"""

import json
import os
import sys

os.environ.update({"exabgp_log_enable": "false"})  # read by the imports; of what is printed, the last line counts

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
    """Print it. Exit status 1: ExaBGP refuses the file."""
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
                    # 4.2 has taken it out by now.
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
