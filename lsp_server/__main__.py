"""`python -m lsp_server`, and this file by its path: the language server on standard input and output."""

import sys

# Before anything is imported that a workspace might have a file of the same name for.
_OURS = __file__.removesuffix("__main__.py").rstrip("/\\").removesuffix("lsp_server").rstrip("/\\")
if not __package__:
    # Started as a script: Python put this folder on the import path, where its parent belongs.
    sys.path[0] = _OURS
elif sys.path[0] != _OURS and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    # Started with `-m`: Python put the folder there that it was started in.
    del sys.path[0]

from lsp_server.cli import serve  # noqa: E402

sys.exit(serve())
