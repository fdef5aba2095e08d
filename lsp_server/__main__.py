"""`python -m lsp_server`, and this file by its path: the language server on standard input and output."""

import sys
from pathlib import Path

if not __package__:
    # Started as a script: Python put this folder on the import path, where its parent belongs.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from lsp_server.cli import serve

sys.exit(serve())
