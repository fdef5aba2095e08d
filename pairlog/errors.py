"""The errors that a user sees as a line of text, and what a script sees as the exit code."""


class UserError(Exception):
    """Something that the user can mend. Its message is one line: what, where, what to do next."""

    exit_code = 1


class Refused(UserError):
    """This machine cannot do it safely, so it was not done; the message says why. Exit code 3."""

    exit_code = 3


def visible(text: str) -> str:
    """`text` with what a terminal would obey (escapes, line breaks, reversed writing) spelt out."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
