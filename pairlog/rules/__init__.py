"""What a secret looks like: the rules, and the scanner that applies them to text; pure."""
