"""The collector: receives frames, keeps them, and shows the sessions that they make."""
