from random import Random


def chance(*parts: object) -> Random:
    """A generator of its own for these parts: equal parts draw equally, whichever thread asks."""
    return Random("/".join(map(str, parts)))  # noqa: S311 (play, not secrecy: it must repeat)
