"""The language server: what comes in on standard input, and what pygls does with it."""
