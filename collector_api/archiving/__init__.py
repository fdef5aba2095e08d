"""Between the store and a lake: closed sessions go there, and come back to be changed."""
