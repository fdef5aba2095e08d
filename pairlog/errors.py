"""The one error that a user sees as a line of text."""


class UserError(Exception):
    """Something that the user can mend. Its message is one line: what, where, what to do next."""
