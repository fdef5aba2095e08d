"""Inline completions: a model behind any OpenAI-compatible endpoint, and what becomes of what it suggests."""
