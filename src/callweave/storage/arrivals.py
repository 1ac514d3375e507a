"""What a page view writes: prepared statements of the path that every page of a site takes."""

from sqlalchemy import Integer, bindparam, delete, insert, select, update

from callweave.storage import claims
from callweave.storage.accounts import Refusal
from callweave.storage.base import UtcDateTime
from callweave.storage.prepared import Prepared
from callweave.storage.questions import Questions
from callweave.storage.visits import Interest, PageView, Touch, Visit, VisitEvent, Visitor

_VISIT_AND_TOUCH = select(
    Visit.id,
    Visit.last_seen_at,
    Touch.at,
    Touch.channel,
    Touch.source,
    Touch.medium,
    Touch.campaign,
    Touch.term,
    Touch.content,
    Touch.click_ids,
    Touch.landing_page,
    Touch.referrer,
).join(Touch, Touch.visit_id == Visit.id)
_THIS_VISIT = _VISIT_AND_TOUCH.where(
    Visit.id == bindparam("visit"), Visit.visitor_id == bindparam("visitor")
)
_SAME_PAGE = (
    select(PageView.id)
    .where(PageView.visit_id == bindparam("visit"), PageView.page == bindparam("page"))
    .limit(1)
)
_INTERESTS = select(Interest.topic, Interest.weight, Interest.at).where(
    Interest.visitor_id == bindparam("visitor")
)
# What a page view goes by, as far as anything is known of the visit and its visitor.
KNOWN = Questions(_SAME_PAGE, _INTERESTS, claims.HELD_BY_VISIT)
THIS_VISIT = Questions(_SAME_PAGE, _INTERESTS, claims.HELD_BY_VISIT, _THIS_VISIT)
INTERESTS = Prepared(_INTERESTS)
LATEST_VISIT = Prepared(
    _VISIT_AND_TOUCH.where(Visit.visitor_id == bindparam("visitor"))
    .order_by(Visit.last_seen_at.desc(), Visit.id.desc())
    .limit(1)
)
SEE_VISITOR = Prepared(
    update(Visitor).where(Visitor.id == bindparam("visitor")).values(last_seen_at=bindparam("now"))
)
SEE_VISIT = Prepared(
    update(Visit).where(Visit.id == bindparam("visit")).values(last_seen_at=bindparam("now"))
)
WRITE_VISITOR = Prepared(
    insert(Visitor).values(
        id=bindparam("visitor"),
        site_id=bindparam("site"),
        first_seen_at=bindparam("now"),
        last_seen_at=bindparam("now"),
        customer=False,
        traits={},
    )
)
WRITE_VISIT = Prepared(
    insert(Visit).values(
        id=bindparam("visit"),
        site_id=bindparam("site"),
        visitor_id=bindparam("visitor"),
        started_at=bindparam("now"),
        last_seen_at=bindparam("now"),
        time_zone=bindparam("time_zone"),
        language=bindparam("language"),
    )
)
WRITE_TOUCH = Prepared(
    insert(Touch).values(
        id=bindparam("touch"),
        visitor_id=bindparam("visitor"),
        visit_id=bindparam("visit"),
        at=bindparam("now"),
        channel=bindparam("channel"),
        source=bindparam("source"),
        medium=bindparam("medium"),
        campaign=bindparam("campaign"),
        term=bindparam("term"),
        content=bindparam("content"),
        click_ids=bindparam("click_ids"),
        landing_page=bindparam("landing_page"),
        referrer=bindparam("referrer"),
    )
)
WRITE_PAGE_VIEW = Prepared(
    insert(PageView).values(
        id=bindparam("page_view"),
        visit_id=bindparam("visit"),
        at=bindparam("now"),
        page=bindparam("page"),
        title=bindparam("title"),
    )
)
WRITE_EVENT = Prepared(
    insert(VisitEvent).values(
        id=bindparam("event"),
        visit_id=bindparam("visit"),
        at=bindparam("now"),
        type=bindparam("type"),
        detail=bindparam("detail"),
    )
)
# Once: whoever comes second finds nothing.
USE_LINK = Prepared(
    delete(VisitEvent)
    .where(
        VisitEvent.id == bindparam("link"),
        VisitEvent.type == "link",
        VisitEvent.at >= bindparam("oldest", type_=UtcDateTime()),
    )
    .returning(VisitEvent.visit_id)
)
WRITE_INTEREST = Prepared(
    insert(Interest).values(
        visitor_id=bindparam("visitor"),
        topic=bindparam("topic"),
        weight=bindparam("weight"),
        at=bindparam("now"),
    )
)
CHANGE_INTEREST = Prepared(
    update(Interest)
    .where(Interest.visitor_id == bindparam("visitor"), Interest.topic == bindparam("topic"))
    .values(weight=bindparam("weight"), at=bindparam("now"))
)
OWNERS_OF = Prepared(select(Visit.site_id, Visit.visitor_id).where(Visit.id == bindparam("visit")))
READ_TRAITS = Prepared(
    select(Visitor.traits, Visitor.customer).where(Visitor.id == bindparam("visitor"))
)
WRITE_TRAITS = Prepared(
    update(Visitor)
    .where(Visitor.id == bindparam("visitor"))
    .values(traits=bindparam("traits"), customer=bindparam("customer"))
)
COUNT_REFUSAL = Prepared(
    update(Refusal)
    .where(
        Refusal.scope == bindparam("scope"),
        Refusal.day == bindparam("day"),
        Refusal.reason == bindparam("reason"),
    )
    .values(times=Refusal.times + bindparam("times", type_=Integer()))
)
FIRST_REFUSAL = Prepared(
    insert(Refusal).values(
        scope=bindparam("scope"),
        day=bindparam("day"),
        reason=bindparam("reason"),
        times=bindparam("times"),
    )
)
