"""The pages: HTML without any script, made from what is stored."""
