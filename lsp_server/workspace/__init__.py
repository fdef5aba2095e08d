"""The folder that is recorded: which of its files may be told, and its state in git."""
