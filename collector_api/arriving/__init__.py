"""Frames as they come: gathered, checked, stored, answered once durable."""
