"""Brings in what others recorded: a file of theirs becomes the lines of a session."""
