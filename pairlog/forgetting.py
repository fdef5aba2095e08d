"""Forgetting: lines taken back, and what they brought masked wherever it went; pure."""
