"""`python -m tests.passed_on [--lines N] [--seed N] [--version 4.2|5.0]`: exit 1 if something stops ExaBGP.

All corpora, then so many generated lines: ten thousand to each ExaBGP, every other one with established sessions.
"""

import argparse
import asyncio
import itertools
import signal
import sys
import time

from tests.exabgps import EXABGPS
from tests.passed_on.lines import corpora, generated
from tests.passed_on.run import FoundError, pass_on

AT_ONCE = 10_000


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.passed_on", description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="what to begin with (default: %(default)s)")
    parser.add_argument("--version", choices=[each.version for each in EXABGPS], help="only this ExaBGP")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # an ExaBGP that loops ends with us only if we say so
    exabgps = [each for each in EXABGPS if arguments.version in (None, each.version)]
    lines, found = itertools.chain(corpora(), generated(arguments.lines, arguments.seed)), 0
    for number in itertools.count():
        if not (some := list(itertools.islice(lines, AT_ONCE))):
            break
        for exabgp in exabgps:
            started = time.monotonic()
            what = f"{exabgp.version} {'with' if number % 2 else 'without'} sessions"
            try:
                outcome = asyncio.run(pass_on(exabgp, some, with_sessions=bool(number % 2)))
            except FoundError as error:
                found += 1
                print(f"{what}: {error}", flush=True)
                continue
            refused = f"{len(outcome.blamed)} refused, {outcome.doubtful} times it is not known which"
            took = time.monotonic() - started
            print(f"{what}: {len(some)} lines, {outcome.passed_on} passed on, {refused}, {took:.1f} s", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
