"""What a person asks of a recording, from a shell or through their editor, and what they are shown."""
