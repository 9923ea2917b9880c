"""``python -m tlsparse`` is the command ``tlsparse``."""

import sys

from tlsparse.cli import main

if __name__ == "__main__":
    sys.exit(main())
