"""A store copied while it is served, and put back."""
