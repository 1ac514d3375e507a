import json

import pytest

from callweave.domain.interests import InvalidTopics, parse_topics


def problems(data: object) -> tuple[str, ...]:
    with pytest.raises(InvalidTopics) as caught:
        parse_topics(data)
    return tuple(map(str, caught.value.problems))


def problem(**fields: object) -> str:
    [only] = problems([{"topic": "bahamas", "url": ["/bahamas*"], **fields}])
    return only


def test_a_topic_is_read_with_its_name_and_weight() -> None:
    [topic] = parse_topics(
        [{"topic": "bahamas", "name": "the  Bahamas", "url": ["/bahamas*"], "weight": 2}]
    )
    assert (topic.topic, topic.name, topic.weight) == ("bahamas", "the Bahamas", 2.0)


def test_a_topic_is_called_by_its_key_unless_it_has_a_name() -> None:
    [topic] = parse_topics([{"topic": "bahamas", "title": ["bahamas"]}])
    assert (topic.name, topic.weight) == ("bahamas", 1.0)


def test_a_site_can_have_no_topics() -> None:
    assert parse_topics([]) == ()


def test_every_problem_is_named_at_once_with_its_place() -> None:
    assert problems(
        [
            {"topic": "bahamas", "ulr": ["/x"], "url": ["bahamas", "/ok", "*"], "title": 5},
            5,
            {"topic": "bahamas", "search": ["nassau", "!!!"], "weight": 0},
            {"name": "Alps"},
        ]
    ) == (
        'topics[0].ulr: there is no field "ulr": did you mean "url"?',
        'topics[0].url[0]: "bahamas" must start with "/" or "*"',
        'topics[0].url[2]: "*" would hold for every page',
        "topics[0].title: must be text in quotes, not a number",
        "topics[1]: must be an object such as {...}, not a number",
        "topics[2].weight: must be a number above 0, at most 10",
        'topics[2].search[1]: "!!!" has no word in it',
        "topics[3]: needs at least one of url, title, search, campaign",
        "topics[3].topic: is missing",
        'topics[2].topic: "bahamas" is taken by topics[0]',
    )


def test_the_error_reads_as_a_list_of_its_problems() -> None:
    with pytest.raises(InvalidTopics, match=r"(?s)topics\[0\]: .*\ntopics\[1\]: "):
        parse_topics([1, 2])


@pytest.mark.parametrize("data", [None, {}, {"topics": []}, "bahamas", 1, True])
def test_what_is_no_list_is_refused(data: object) -> None:
    [only] = problems(data)
    assert only == "topics: must be a list in [ ]"


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("The Bahamas", "no short name"),
        ("bahamas!", "no short name"),
        ("-bahamas", "no short name"),
        ("x" * 65, "no short name"),
        ("", "empty"),
        (None, "not null"),
        (7, "not a number"),
    ],
)
def test_a_topic_is_a_short_name(topic: object, words: str) -> None:
    assert words in problem(topic=topic)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("bahamas*", 'must start with "/" or "*"'),
        ("https://shop.example/bahamas", "write the path alone"),
        ("/bahamas?page=1", "only the path is compared"),
        ("/bahamas#top", "only the path is compared"),
        ("*", "every page"),
        ("/*", "every page"),
        ("/**", "every page"),
        (" ", "empty"),
        ("/" + "x" * 120, "121 characters long, at most 120 are allowed"),
        ("/a\x00b", "cannot be printed"),
        ("/a\ud800b", "cannot be printed"),
        (7, "must be text in quotes"),
        (["/a"], "not a list"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: object, words: str) -> None:
    told = problem(url=["/fine", pattern])
    assert told.startswith("topics[0].url[1]: ")
    assert words in told


@pytest.mark.parametrize("pattern", ["*", "**"])
def test_a_pattern_for_every_campaign_is_refused(pattern: str) -> None:
    assert "every campaign" in problem(campaign=[pattern])


@pytest.mark.parametrize("weight", ["1", True, None, 0, -1, 10.1, 10**400, float("nan"), [1]])
def test_a_weight_is_a_number_above_nothing(weight: object) -> None:
    assert problem(weight=weight).startswith("topics[0].weight: must be ")


@pytest.mark.parametrize("field", ["url", "title", "search", "campaign"])
@pytest.mark.parametrize("value", [[], "", None, {"a": 1}, 7])
def test_each_signal_has_something_in_it(field: str, value: object) -> None:
    assert problem(**{field: value}).startswith(f"topics[0].{field}: ")


def test_a_signal_that_is_alone_needs_no_list() -> None:
    alone = {"url": "/bahamas*", "title": "nassau"}
    listed = {name: [value] for name, value in alone.items()}
    assert parse_topics([{"topic": "bahamas", **alone}]) == parse_topics(
        [{"topic": "bahamas", **listed}]
    )


def test_an_unknown_field_is_named_with_what_there_is() -> None:
    told = problem(colour="blue")
    assert told.endswith("choose from campaign, name, search, title, topic, url, weight")


def test_an_empty_topic_is_refused() -> None:
    assert problems([{}]) == (
        "topics[0]: needs at least one of url, title, search, campaign",
        "topics[0].topic: is missing",
    )


def test_a_topic_with_heaps_of_fields_gets_one_answer() -> None:
    [only] = problems([{f"field{number}": 1 for number in range(50_000)}])
    assert only == "topics[0]: has 50000 entries, at most 100 are read"


def test_a_list_too_long_to_be_meant_is_refused() -> None:
    assert "has 51 items" in problem(title=["sun"] * 51)
    topics = [{"topic": f"t{number}", "title": ["sun"]} for number in range(201)]
    assert len(parse_topics(topics[:200])) == 200
    assert problems(topics) == ("topics: has 201 items, at most 200 are read",)


def test_a_problem_can_be_sent_as_json_whatever_the_list_held() -> None:
    told = problems([{"topic": "bahamas", "u\ud800\x00" + "l" * 5000: ["/x"]}])
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 500
