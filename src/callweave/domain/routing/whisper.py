"""What the agent hears before the caller is joined: what the call is about and no more.

Where somebody has been clicking, and which advertisement they came from, is none of it.
"""

import re

from callweave.domain.routing.profile import Profile

LONGEST_WHISPER = 200
ADDRESS = re.compile(r"://|\bwww\.\w|\w\.\w+/", re.IGNORECASE)  # of a web page


def whisper_text(about: str, profile: Profile) -> str:
    acquaintance = _acquaintance(profile)
    words = " ".join(word for word in _speakable(about).split() if not ADDRESS.search(word))
    words = words.rstrip(".")
    room = LONGEST_WHISPER - len(f"Call about . {acquaintance}")
    if len(words) > room:
        words = words[:room].rpartition(" ")[0] or words[:room]
    topic = f"Call about {words}." if words else ""
    return f"{topic} {acquaintance}".strip() or "Incoming call."


def _speakable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _acquaintance(profile: Profile) -> str:
    if profile.customer:
        return "Existing customer."
    match profile.earlier_calls:
        case None:
            return ""
        case 0:
            return "New caller."
        case _:
            return "Has called before."
