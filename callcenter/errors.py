"""The base of every error that an operator or a caller of our functions is meant to read."""

from __future__ import annotations

import inspect


class ShouwenError(Exception):
    """Something went wrong that the reader of this line can put right."""

    def __init__(self, message: str | None = None) -> None:
        """Take one line of text; without it the docstring of the class is the message."""
        super().__init__(message or inspect.cleandoc(type(self).__doc__ or type(self).__name__))
