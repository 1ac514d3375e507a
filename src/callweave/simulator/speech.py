def seconds_of(text: str) -> int:
    """How long a voice takes: about fifteen characters a second."""
    return max(1, round(len(text) / 15))
