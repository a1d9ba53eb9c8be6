"""`python -m bgp2vpc.demo.cloud`: the cloud as a process. Its first line on stdout says where it listens."""

import argparse
import gc
import os
import sys
import threading

from bgp2vpc.demo.cloud.process import READY


def main() -> None:
    """Serve until killed, or until stdin closes."""
    parser = argparse.ArgumentParser(prog="python -m bgp2vpc.demo.cloud", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one (default)")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when stdin does: with the parent")
    arguments = parser.parse_args()
    gc.disable()  # moto's tables are large and stay: walking them again and again is a third of the start
    from bgp2vpc.demo.cloud.server import serve  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    try:
        server = serve(arguments.host, arguments.port)
    except OSError as error:
        parser.error(f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror}")
    if arguments.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    print(f"{READY}{server.url}", flush=True)
    server.run()


def _end_with_stdin() -> None:
    sys.stdin.read()
    # Not sys.exit: it would wait for the threads of calls that hang on purpose.
    os._exit(0)


if __name__ == "__main__":
    main()
