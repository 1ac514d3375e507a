"""Coming in, going out, and what keeps others out."""

from collections.abc import Iterator

import pytest

from callweave.storage.accounts import User
from callweave.web.auth import A_WORKING_DAY, Role, hash_password
from callweave.web.throttle import TRIES_AT_ONE_ACCOUNT, TRIES_FROM_ONE_ADDRESS, WINDOW
from databases import SqliteDatabases
from journeys import PASSWORD
from pages_stage import Stage, pages_stage


@pytest.fixture
def stage(sqlite: SqliteDatabases) -> Iterator[Stage]:
    with sqlite.migrated() as url, pages_stage(url) as stage:
        yield stage


@pytest.fixture
def on_both(database_url: str) -> Iterator[Stage]:
    with pages_stage(database_url) as stage:
        yield stage


def is_inside(stage: Stage) -> bool:
    return stage.client.get("/").status_code == 200


def test_the_right_password_opens_the_overview(stage: Stage) -> None:
    answer = stage.log_in()
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Sam Supervisor" in stage.text("/")


def test_capital_letters_and_blanks_in_an_address_do_not_matter(stage: Stage) -> None:
    email = stage.person().email
    assert stage.enter(f"  {email.upper()} ", PASSWORD).status_code == 303


@pytest.mark.parametrize("email", ["known", "unknown@shop.example", "", "nul\x00@shop.example"])
def test_a_refusal_does_not_say_what_was_wrong(on_both: Stage, email: str) -> None:
    known = on_both.person().email
    answer = on_both.enter(known if email == "known" else email, "wrong password")
    assert answer.status_code == 422
    assert "This e-mail address and password do not belong together." in answer.text
    assert not is_inside(on_both)


def test_an_endless_password_is_refused_without_being_looked_at(stage: Stage) -> None:
    assert stage.enter(stage.person().email, "x" * 20_000).status_code == 422


@pytest.mark.parametrize("path", ["/", "/calls", "/calls.csv", "/calls/ca_x", "/attribution"])
def test_who_is_not_logged_in_is_asked_to(stage: Stage, path: str) -> None:
    answer = stage.client.get(f"{path}?days=7")
    assert (answer.status_code, answer.location) == (303, f"/login?next={path}?days%3D7")


def test_a_list_that_refreshes_itself_is_sent_to_the_log_in_as_a_whole(stage: Stage) -> None:
    answer = stage.client.get("/calls", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/login")


def test_the_log_in_leads_on_to_the_page_that_was_asked_for(stage: Stage) -> None:
    goal = "/calls?status=missed&days=7"
    page = stage.client.get("/login", query_string={"next": goal}).text
    assert 'value="/calls?status=missed&amp;days=7"' in page
    assert stage.enter(stage.person().email, PASSWORD, next=goal).location == goal


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "calls",
        "",
    ],
)
def test_the_log_in_leads_to_no_other_site(stage: Stage, goal: str) -> None:
    assert stage.enter(stage.person().email, PASSWORD, next=goal).location == "/"
    assert "evil" not in stage.client.get("/login", query_string={"next": goal}).text


def test_an_account_is_closed_to_an_address_after_too_many_tries(on_both: Stage) -> None:
    email = on_both.person().email
    for _ in range(TRIES_AT_ONE_ACCOUNT):
        assert on_both.enter(email, "wrong password").status_code == 422
    answer = on_both.enter(email, PASSWORD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "Wait 15 minutes" in answer.text
    on_both.clock.move(minutes=14.5)
    assert on_both.enter(email, PASSWORD).headers["Retry-After"] == "60"
    on_both.clock.move(minutes=0.5)
    assert on_both.enter(email, PASSWORD).status_code == 303


def test_a_log_in_clears_the_tries_before_it(stage: Stage) -> None:
    email = stage.person().email
    for _ in range(2):
        for _ in range(TRIES_AT_ONE_ACCOUNT - 1):
            stage.enter(email, "wrong password")
        assert stage.enter(email, PASSWORD).status_code == 303


def test_others_are_not_kept_out_by_tries_from_elsewhere(stage: Stage) -> None:
    email = stage.person().email
    for _ in range(TRIES_AT_ONE_ACCOUNT + 1):
        stage.enter(email, "wrong password")
    stage.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert stage.enter(email, PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("peer", "second", "status"),
    [
        ("127.0.0.1", "198.51.100.8", 303),
        ("127.0.0.1", "198.51.100.7", 429),
        ("127.0.0.1", "203.0.113.1, 198.51.100.7", 429),
        ("10.0.0.3", "198.51.100.8", 303),
        ("8.8.8.8", "198.51.100.8", 429),
    ],
)
def test_only_a_proxy_of_ours_says_where_a_log_in_comes_from(
    stage: Stage, peer: str, second: str, status: int
) -> None:
    email, environ = stage.person().email, stage.client.environ_base
    environ |= {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    for _ in range(TRIES_AT_ONE_ACCOUNT):
        stage.enter(email, "wrong password")
    environ["HTTP_X_FORWARDED_FOR"] = second
    assert stage.enter(email, PASSWORD).status_code == status


def test_many_accounts_cannot_be_tried_from_one_address(stage: Stage) -> None:
    email, token = stage.person().email, stage.token("/login")
    for nth in range(TRIES_FROM_ONE_ADDRESS):
        fields = {"email": f"{nth}@shop.example", "password": "x" * 1025, "csrf_token": token}
        stage.client.post("/login", data=fields)
    assert stage.enter(email, PASSWORD).status_code == 429
    stage.clock.move(seconds=WINDOW.total_seconds())
    assert stage.enter(email, PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("second", "status"), [("2001:db8:0:1::beef", 429), ("2001:db8:0:2::beef", 303)]
)
def test_addresses_of_one_ipv6_customer_are_one_address(
    stage: Stage, second: str, status: int
) -> None:
    email = stage.person().email
    stage.client.environ_base["REMOTE_ADDR"] = "2001:db8:0:1::1"
    for _ in range(TRIES_AT_ONE_ACCOUNT):
        stage.enter(email, "wrong password")
    stage.client.environ_base["REMOTE_ADDR"] = second
    assert stage.enter(email, PASSWORD).status_code == status


def test_nothing_from_before_the_log_in_lives_on(stage: Stage) -> None:
    before = stage.token("/login")
    with stage.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    stage.log_in()
    with stage.client.session_transaction() as session:
        assert "planted" not in session
    assert stage.client.post("/logout", data={"csrf_token": before}).status_code == 400
    assert is_inside(stage)


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(stage: Stage) -> None:
    cookie = stage.log_in().headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_logging_out_ends_the_session(stage: Stage) -> None:
    stage.log_in()
    answer = stage.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "You are logged out." in stage.client.get("/login").text
    assert not is_inside(stage)


def test_a_session_ends_after_a_working_day(stage: Stage) -> None:
    stage.log_in()
    stage.clock.move(seconds=A_WORKING_DAY.total_seconds())
    assert is_inside(stage)
    stage.clock.move(seconds=1)
    assert not is_inside(stage)


def test_a_new_password_ends_the_sessions_of_the_old_one(stage: Stage) -> None:
    stage.log_in()
    with stage.database.writing() as session:
        session.get_one(User, stage_user(stage)).password_hash = hash_password("another password")
    assert not is_inside(stage)


def stage_user(stage: Stage) -> str:
    with stage.client.session_transaction() as session:
        return str(session["user"])


def test_a_person_who_is_gone_is_not_let_in(stage: Stage) -> None:
    stage.log_in(Role.MARKETER)
    with stage.database.writing() as session:
        session.delete(session.get_one(User, stage_user(stage)))
    assert not is_inside(stage)
