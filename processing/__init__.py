"""Understands sessions: timelines, trajectories, episodes and the benchmark that they make."""
