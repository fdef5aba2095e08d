"""Stripping: a line as the level `metadata` lets it leave; pure."""
