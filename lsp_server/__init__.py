"""The recorder and its sender: editor -> event -> spool -> outbox -> collector.

`pairlog lsp` (or `python -m lsp_server`) is a language server that offers nothing and writes down
everything; the sender is a process of its own that outlives the editor.
"""
