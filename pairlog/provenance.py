"""Provenance: which line of a session brought each character of each document; pure."""
