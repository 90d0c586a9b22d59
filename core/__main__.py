"""`python -m core`: see `core.cli`."""

import sys

from core.cli.app import main
from core.machine import keep_memory

if __name__ == "__main__":
    keep_memory()
    sys.exit(main())
