"""`python -m pairlog`."""

import sys

from pairlog.cli import main

sys.exit(main())
