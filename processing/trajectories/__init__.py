"""Trajectories: verified timelines as steps whose diffs compose to the final text."""
