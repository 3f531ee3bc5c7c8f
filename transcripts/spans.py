"""A part of a text and what is to be written instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The characters from `start` to before `end`, and the text that replaces them."""

    start: int
    end: int
    text: str
