"""What the agent hears before the caller is joined: what the call is about and no more.

Where somebody has been clicking, and which advertisement they came from, is none of it.
"""

import re

from callweave.domain.routing.profile import Profile

LONGEST_WHISPER = 200
ADDRESS = re.compile(r"\S*(?:://|\bwww\.|\w\.\w+/)\S*", re.IGNORECASE)


def whisper_text(about: str, profile: Profile) -> str:
    acquaintance = _acquaintance(profile)
    words = " ".join(ADDRESS.sub(" ", about).split()).rstrip(".")
    room = LONGEST_WHISPER - len(f"Call about . {acquaintance}")
    if len(words) > room:
        words = words[:room].rpartition(" ")[0] or words[:room]
    topic = f"Call about {words}." if words else ""
    return f"{topic} {acquaintance}".strip() or "Incoming call."


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
