"""Patterns of people: `*` stands for anything, all else for itself, capital letters do not matter.

Not fnmatch, where the brackets of a campaign called "[Brand] Summer" would mean something else.
"""

from urllib.parse import unquote, urlsplit


def matches(pattern: str, text: str) -> bool:
    """Takes time in proportion to the text, whatever the pattern."""
    head, *rest = pattern.casefold().split("*")
    folded = text.casefold()
    if not rest:
        return folded == head
    *middle, tail = rest
    if len(folded) < len(head) + len(tail) or not folded.startswith(head):
        return False
    if not folded.endswith(tail):
        return False
    place, end = len(head), len(folded) - len(tail)
    for part in middle:
        found = folded.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def path_of(page: str) -> str:
    """A page's path alone, readable and without a closing slash; what follows `?` is nobody's."""
    try:
        path = urlsplit(page).path
    except ValueError:  # "https://[": a browser would not have gone there either
        return "/"
    return unquote(path).rstrip("/") or "/"
