"""Where one visit ends and the next begins, and which touch a visitor is remembered by."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from callweave.domain.visits.touches import Touch

# As long as a session of Google Analytics (support.google.com/analytics/answer/9191807).
IDLE = timedelta(minutes=30)
# As far back as attribution looks for the clicks of a conversion.
LOOK_BACK = timedelta(days=90)


def continues(
    *, last_seen_at: datetime, current: Touch, arriving: Touch, idle: timedelta = IDLE
) -> bool:
    """Whether a page view that came about by ``arriving`` belongs to the visit of ``current``.

    A visit ends when it was idle for that long, or when a new click brings the visitor back:
    another source, campaign, keyword, ad or click id. A page of the own site and a direct return
    bring nothing new. A clock that ran backwards (``arriving`` before ``last_seen_at``) ends
    nothing.
    """
    if arriving.at - last_seen_at >= idle:
        return False
    return arriving.is_direct or _is_same_click(current, arriving)


def _is_same_click(current: Touch, arriving: Touch) -> bool:
    if any(current.click_ids.get(name) == text for name, text in arriving.click_ids.items()):
        # A reload, or a link of the own site that carries the address' parameters along.
        return True
    return _campaign(current) == _campaign(arriving) and not arriving.click_ids


def _campaign(touch: Touch) -> tuple[str, ...]:
    told = (touch.source, touch.medium, touch.campaign, touch.term, touch.content)
    return tuple((text or "").casefold() for text in told)


def lasting_source(touches: Iterable[Touch], *, look_back: timedelta = LOOK_BACK) -> Touch:
    """The last touch that was not direct, unless it lies too far before the last of all.

    A direct return does not erase what brought the visitor first. Raises ValueError without
    touches.
    """
    in_order = sorted(touches, key=lambda touch: touch.at)
    if not in_order:
        raise ValueError("a visitor without a touch has no source")
    last = in_order[-1]
    told = (t for t in reversed(in_order) if not t.is_direct and last.at - t.at <= look_back)
    return next(told, last)
