import pytest

from callweave.domain.reading import Known
from callweave.domain.routing.endpoints import InvalidEndpoint
from callweave.domain.routing.plans import InvalidPlan, default_plan, parse_plan
from routing_people import OFFICE, a_rule, plan_data


def problems_of(data: object, known: Known | None = None) -> dict[str, str]:
    with pytest.raises(InvalidPlan) as caught:
        parse_plan(data, known=known)
    assert len({p.path for p in caught.value.problems}) == len(caught.value.problems)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_plan_needs_no_rules_and_rings_for_a_quarter_of_a_minute_unless_it_says_more() -> None:
    plan = parse_plan({"time_zone": "UTC", "default": {"targets": [{"destination": OFFICE}]}})
    assert (plan.rules, plan.ring_seconds) == ((), 15)


def test_the_plan_of_a_site_without_one_rings_its_destination() -> None:
    assert [target.wanted for target in default_plan(OFFICE).default] == [f"destination {OFFICE}"]


def test_a_default_destination_that_nobody_can_ring_is_refused() -> None:
    with pytest.raises(InvalidEndpoint, match="with its country"):
        default_plan("front desk")


EVERYTHING_WRONG = {
    "ring_seconds": "must be a whole number from 5 to 45",
    "rules[1].when.channel": 'there is no channel "Paid Serach": did you mean "Paid Search"?',
    "rules[1].when.interst": 'there is no condition "interst": did you mean "interest"?',
    "rules[1].targets[0].skil": 'there is no target "skil": did you mean "skill"?',
    "rules[1].targets[0]": 'must have one of "skill" (with "level"), "agents" and "destination"',
    "default.targets[0].destination": (
        'write the phone number without spaces or signs: "+442079460000"'
    ),
}


def test_every_problem_is_told_at_once_with_its_place() -> None:
    when = {"channel": "Paid Serach", "interst": "x"}
    broken = a_rule("Broken", when=when, targets=[{"skil": "sales"}])
    data = plan_data(a_rule(), broken, default=[{"destination": "+44 20 7946 0000"}])
    assert problems_of(data | {"ring_seconds": 90}) == EVERYTHING_WRONG


def test_the_error_reads_as_one_line_for_each_problem() -> None:
    with pytest.raises(InvalidPlan, match=r"^time_zone: is missing\ndefault: is missing$"):
        parse_plan({})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "must be an object such as {...}, not null"),
        ([1], "must be an object such as {...}, not a list"),
        ("plan", "must be an object such as {...}, not text"),
        ({str(n): n for n in range(101)}, "has 101 entries, at most 100 are read"),
    ],
)
def test_what_is_no_plan_at_all_is_refused_with_one_message_about_it(
    data: object, message: str
) -> None:
    assert problems_of(data)[""] == message


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("Europe/Lodnon", 'there is no time zone "Europe/Lodnon": did you mean "Europe/London"?'),
        ("Europe", 'there is no time zone "Europe"'),
        ("../../etc/passwd", 'there is no time zone "../../etc/passwd"'),
        (1, "must be text in quotes, not a number"),
    ],
)
def test_a_time_zone_that_does_not_exist_is_refused(zone: object, message: str) -> None:
    assert problems_of(plan_data() | {"time_zone": zone})["time_zone"].startswith(message)


@pytest.mark.parametrize(
    ("rule", "path", "message"),
    [
        ("x", "", "must be an object such as {...}, not text"),
        (a_rule(when={}), ".when", "needs at least one condition"),
        (a_rule(targets=[]), ".targets", "the list is empty"),
        (a_rule(targets=[{}]), ".targets[0]", "must have one of"),
        (a_rule(targets=[{"level": 3}]), ".targets[0]", "must have one of"),
        (a_rule(targets=[{"skill": "x", "agents": "y"}]), ".targets[0]", "must have one of"),
        (a_rule(targets=[{"skill": "x", "level": 11}]), ".targets[0].level", "must be a whole"),
        (a_rule(targets=[{"skill": "x", "level": True}]), ".targets[0].level", "must be a whole"),
        (a_rule(targets=[{"agents": []}]), ".targets[0].agents", "the list is empty"),
        (a_rule(targets=[{"agents": [1]}]), ".targets[0].agents[0]", "must be text"),
        (a_rule(" "), ".name", "the text is empty"),
        (a_rule("x" * 121), ".name", "is 121 characters long"),
        (a_rule("a\x00b"), ".name", "has characters that cannot be printed"),
        (a_rule(about="https://shop.example/bahamas"), ".about", "is read aloud"),
        (a_rule(about="see shop.example/bahamas"), ".about", "is read aloud"),
        (a_rule() | {"targts": []}, ".targts", 'there is no key "targts": did you mean "targets"?'),
    ],
)
def test_a_broken_rule_is_refused_where_it_is_broken(rule: object, path: str, message: str) -> None:
    assert problems_of(plan_data() | {"rules": [rule]})[f"rules[0]{path}"].startswith(message)


def test_two_rules_cannot_have_one_name() -> None:
    message = problems_of(plan_data(a_rule("Sun"), a_rule("Moon"), a_rule("Sun")))["rules"]
    assert message.startswith('2 rules are called "Sun"')


def test_more_rules_than_anyone_can_oversee_are_refused_without_reading_them() -> None:
    data = plan_data() | {"rules": [{}] * 101}
    assert problems_of(data) == {"rules": "has 101 items, at most 100 are read"}


KNOWN = Known(topics={"bahamas"}, skills={"Sales"}, agents={"Ana Souza"})


def test_what_the_account_has_may_be_written_in_any_capitals() -> None:
    when = {"interest": ["Bahamas", {"topic": "BAHAMAS", "at_least": 1}]}
    targets = [{"skill": "sales"}, {"agents": "ana souza"}]
    parse_plan(plan_data(a_rule(when=when, targets=targets)), known=KNOWN)


@pytest.mark.parametrize(
    ("rule", "path", "message"),
    [
        (a_rule(when={"interest": "bahama"}), ".when.interest", 'no topic "bahama": did you'),
        (
            a_rule(when={"interest": {"topic": "x", "at_least": 1}}),
            ".when.interest.topic",
            'no topic "x": choose from bahamas',
        ),
        (a_rule(targets=[{"skill": "ski"}]), ".targets[0].skill", 'no skill "ski"'),
        (a_rule(targets=[{"agents": ["Ana Suza"]}]), ".targets[0].agents[0]", "did you mean"),
    ],
)
def test_what_the_account_does_not_have_is_refused(
    rule: dict[str, object], path: str, message: str
) -> None:
    assert message in problems_of(plan_data(rule), KNOWN)[f"rules[0]{path}"]


def test_messages_are_short_and_printable_whatever_was_written() -> None:
    when = {"\ud800\x00": 1, "a" * 500: 2}
    messages = problems_of(plan_data(a_rule(when=when)))
    assert all(f"{path}{text}".isprintable() for path, text in messages.items())
    assert max(map(len, messages)) < 100
