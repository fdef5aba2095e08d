"""Transcripts of Claude Code, as it keeps them under `~/.claude/projects/`."""
