"""Sessions: read from a source, replayed, checked, listed, played."""
