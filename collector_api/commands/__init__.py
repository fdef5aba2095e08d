"""What operators type: serving, tokens, studies, keeping."""
