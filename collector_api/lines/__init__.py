"""Lines, before and beside the store: decoded, checked, masked, forgotten; pure."""
