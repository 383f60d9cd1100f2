"""How well a few typed letters fit a name: "fs" finds "Full screen"."""

from __future__ import annotations


def score(query: str, text: str) -> float | None:
    """Return how well `text` fits, more being better; None if it does not.

    Each word of the query must be found: best at the start of a word, then anywhere in one, then
    as letters in that order. An empty query fits everything alike.
    """
    text = text.casefold()
    total = 0.0
    for word in query.casefold().split():
        found = _score(word, text)
        if found is None:
            return None
        total += found
    return total


def _score(word: str, text: str) -> float | None:
    if f" {word}" in f" {text}":
        return 3.0 + len(word) / len(text)
    if word in text:
        return 2.0
    initials = "".join(part[0] for part in text.split())
    if word in initials:
        return 1.5
    start = at = text.find(word[0])
    for letter in word[1:]:
        at = text.find(letter, at + 1) if at >= 0 else at
    return len(word) / (at - start + 1) if at >= 0 else None
