"""Settings from the environment: what is required, what is refused, what stays hidden."""

from pathlib import Path

import pytest

from callweave.settings import InvalidSettings, Settings, database_url

SECRET = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TOKEN = "0123456789abcdef0123456789abcdef"
ENOUGH = {
    "PUBLIC_BASE_URL": "https://calls.example.com",
    "SECRET_KEY": SECRET,
    "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "CALLWEAVE_DEFAULT_DESTINATION": "+442079460123",
}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_env(environ)
    return caught.value.problems


def names(environ: dict[str, str]) -> list[str]:
    return [problem.split()[0] for problem in problems(environ)]


def test_what_is_required_is_enough() -> None:
    settings = Settings.from_env(ENOUGH)
    assert settings.public_base_url == "https://calls.example.com"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.twilio_auth_tokens == (TOKEN,)
    assert (settings.log_level, settings.voice_budget_ms) == ("INFO", 2000)


def test_everything_that_is_missing_is_named_at_once() -> None:
    assert names({}) == list(ENOUGH)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    wrong = {**ENOUGH, "PORT": "web", "LOG_LEVEL": "loud", "WEB_CONCURRENCY": "3"}
    assert names(wrong) == ["PORT", "LOG_LEVEL", "WEB_CONCURRENCY"]


@pytest.mark.parametrize("name", ENOUGH)
def test_blank_counts_as_missing(name: str) -> None:
    assert names({**ENOUGH, name: "  "}) == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PUBLIC_BASE_URL", "calls.example.com"),
        ("PUBLIC_BASE_URL", "http://calls.example.com"),
        ("PUBLIC_BASE_URL", "https://calls.example.com/voice"),
        ("PUBLIC_BASE_URL", "https://calls.example.com?x=1"),
        ("PUBLIC_BASE_URL", "https://user:pass@calls.example.com"),
        ("PUBLIC_BASE_URL", "ftp://calls.example.com"),
        ("PUBLIC_BASE_URL", "https://"),
        ("PUBLIC_BASE_URL", "https://[::1"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0a" * 16),
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_AUTH_TOKEN", "your_auth_token"),
        ("TWILIO_AUTH_TOKEN_SECONDARY", "short"),
        ("CALLWEAVE_DEFAULT_DESTINATION", "020 7946 0123"),
        ("CALLWEAVE_DEFAULT_DESTINATION", "+0442079460123"),
        ("CALLWEAVE_DEFAULT_DESTINATION", "+4420794601230123"),
        ("DATABASE_URL", "mysql://root@localhost/calls"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("CALLWEAVE_HOST", "localhost"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "٣٠٠٠"),
        ("WEB_CONCURRENCY", "-1"),
        ("CALLWEAVE_VOICE_BUDGET_MS", "99"),
        ("CALLWEAVE_VOICE_BUDGET_MS", "3001"),
        ("CALLWEAVE_VOICE_BUDGET_MS", "2e3"),
    ],
)
def test_what_cannot_work_is_refused(name: str, text: str) -> None:
    assert names({**ENOUGH, name: text}) == [name]


@pytest.mark.parametrize(
    "text",
    ["short", "a" * 64, "changeme" * 5, "My-Secret-Key-For-Callweave-2026!!", "1234567890" * 4],
)
def test_a_secret_key_that_can_be_guessed_is_refused(text: str) -> None:
    assert names({**ENOUGH, "SECRET_KEY": text}) == ["SECRET_KEY"]


@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:80"]
)
def test_this_machine_may_go_without_tls(origin: str) -> None:
    assert Settings.from_env({**ENOUGH, "PUBLIC_BASE_URL": f"{origin}/"}).public_base_url == origin


def test_a_second_token_is_accepted_after_the_first() -> None:
    second = "f" * 32
    settings = Settings.from_env({**ENOUGH, "TWILIO_AUTH_TOKEN_SECONDARY": second})
    assert settings.twilio_auth_tokens == (TOKEN, second)


def test_an_ipv6_host_can_stand_before_a_port() -> None:
    assert Settings.from_env({**ENOUGH, "CALLWEAVE_HOST": "::1"}).host == "[::1]"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgres://u:p@host/calls", "postgresql://u:p@host/calls"),
        ("postgresql:///calls?host=/run/postgresql", "postgresql:///calls?host=/run/postgresql"),
        ("sqlite:////srv/calls.sqlite3", "sqlite:////srv/calls.sqlite3"),
    ],
)
def test_both_databases_are_taken_by_their_urls(given: str, kept: str) -> None:
    assert database_url({"DATABASE_URL": given}) == kept


def test_without_a_url_the_database_is_a_file_in_the_data_folder() -> None:
    url = database_url({"CALLWEAVE_DATA_DIR": "/srv/callweave"})
    assert url == "sqlite:////srv/callweave/callweave.sqlite3"
    assert Path(database_url({}).removeprefix("sqlite:///")).is_absolute()


def test_the_database_alone_asks_for_nothing_else() -> None:
    with pytest.raises(InvalidSettings, match="DATABASE_URL"):
        database_url({"DATABASE_URL": "oracle://x"})


@pytest.mark.parametrize(
    ("url", "asked", "processes"),
    [("", "", 1), ("postgresql://host/calls", "", 2), ("postgresql://host/calls", "5", 5)],
)
def test_sqlite_has_one_process_and_postgresql_as_many_as_asked(
    url: str, asked: str, processes: int
) -> None:
    environ = {**ENOUGH, "DATABASE_URL": url, "WEB_CONCURRENCY": asked}
    assert Settings.from_env(environ).web_concurrency == processes


def test_more_than_one_process_on_sqlite_is_refused() -> None:
    assert names({**ENOUGH, "WEB_CONCURRENCY": "2"}) == ["WEB_CONCURRENCY"]


def test_no_secret_is_shown() -> None:
    url = "postgresql://callweave:s3same@host/calls"
    shown = repr(Settings.from_env({**ENOUGH, "DATABASE_URL": url}))
    assert not any(hidden in shown for hidden in (SECRET, TOKEN, "s3same"))


@pytest.mark.parametrize("name", ["SECRET_KEY", "TWILIO_AUTH_TOKEN", "DATABASE_URL"])
def test_a_refused_secret_is_not_repeated(name: str) -> None:
    assert "hunter2" not in str(problems({**ENOUGH, name: "hunter2"}))


def test_any_other_refused_value_is_repeated() -> None:
    assert problems({**ENOUGH, "PORT": "web"})[0].endswith("not 'web'")
