"""`python3 -m bgp2vpc`."""

import sys

from bgp2vpc.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
