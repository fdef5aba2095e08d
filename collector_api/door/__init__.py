"""Who asks, and what they may: one table of access, tokens, the cookie of the pages, who read what."""
