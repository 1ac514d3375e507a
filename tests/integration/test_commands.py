"""The administration's commands, on both databases."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from callweave.cli import main
from callweave.storage.accounts import ApiKey, Site, User
from callweave.storage.database import Database
from callweave.storage.numbers import Number
from callweave.storage.plans import Plan

SITE = """
account = "Farshore"
[site]
name = "Farshore Holidays"
time_zone = "Europe/London"
currency = "GBP"
own_number = "+44 20 7946 0000"
default_destination = "+441614960100"
allowed_origins = ["https://shop.example"]
[[pools]]
name = "main"
numbers = ["+442079460101"]
overflow = "+442079460199"
[[topics]]
topic = "bahamas"
url = ["/bahamas*"]
[[agents]]
name = "Ana"
endpoint = "+441614960101"
skills = { bahamas = 9 }
[plan]
time_zone = "Europe/London"
[plan.default]
targets = [{ skill = "bahamas" }]
"""


class Shell:
    """Runs commands against one database, in a folder of files."""

    def __init__(self, url: str, folder: Path) -> None:
        self._env = {"DATABASE_URL": url, "CALLWEAVE_PASSWORD": "correct horse battery"}
        self._folder = folder

    def run(self, *words: str) -> Result:
        return CliRunner(env=self._env).invoke(main, words)

    def file(self, name: str, text: str) -> str:
        (self._folder / name).write_text(text, "utf-8")
        return str(self._folder / name)

    def apply(self, text: str = SITE) -> Result:
        return self.run("sites", "apply", self.file("site.toml", text))


@pytest.fixture
def shell(database_url: str, tmp_path: Path) -> Shell:
    return Shell(database_url, tmp_path)


def test_an_empty_database_is_refused_until_it_is_upgraded(
    empty_database_url: str, tmp_path: Path
) -> None:
    shell = Shell(empty_database_url, tmp_path)
    assert shell.run("db", "check").exit_code == 1
    assert "callweave db upgrade" in shell.apply().output
    assert shell.run("db", "upgrade").exit_code == 0
    assert shell.run("db", "check").exit_code == 0
    assert shell.apply().exit_code == 0


def test_a_site_is_made_from_its_file_and_its_key_is_shown(
    shell: Shell, database: Database
) -> None:
    told = shell.apply().output
    with database.reading() as session:
        site = session.scalars(select(Site)).one()
        numbers = {n.e164: n.role for n in session.scalars(select(Number))}
    assert site.id in told
    assert site.own_number_national == "020 7946 0000"
    assert numbers == {"+442079460101": "pooled", "+442079460199": "overflow"}


def test_applying_the_same_file_again_changes_nothing(shell: Shell, database: Database) -> None:
    shell.apply()
    assert shell.apply().exit_code == 0
    with database.reading() as session:
        assert [plan.version for plan in session.scalars(select(Plan))] == [1]
        assert len(session.scalars(select(Number)).all()) == 2


def test_a_changed_plan_becomes_the_next_version(shell: Shell, database: Database) -> None:
    shell.apply()
    shell.apply(SITE.replace('time_zone = "Europe/London"\n[plan', 'time_zone = "UTC"\n[plan'))
    with database.reading() as session:
        assert sorted(plan.version for plan in session.scalars(select(Plan))) == [1, 2]


def test_everything_that_is_wrong_with_a_file_is_named_at_once(
    shell: Shell, database: Database
) -> None:
    wrong = SITE.replace("GBP", "GPB").replace('"+441614960101"', '"0161"').replace("url", "urll")
    answer = shell.apply(wrong)
    assert answer.exit_code == 1
    for place in ("site.currency", "agents[0].endpoint", "topics"):
        assert place in answer.output
    with database.reading() as session:
        assert session.scalars(select(Site)).all() == []


def test_a_number_cannot_belong_to_two_sites(shell: Shell) -> None:
    shell.apply()
    answer = shell.apply(SITE.replace('name = "Farshore Holidays"', 'name = "Another"'))
    assert answer.exit_code == 1
    assert "+442079460101 is in use elsewhere already" in answer.output


def test_numbers_are_imported_once(shell: Shell) -> None:
    shell.apply()
    file = shell.file("numbers.csv", "number,note\n+44 20 7946 0102,a\n+442079460101,b\n")
    assert "1 added, 1 were there already" in shell.run("numbers", "import", file).output
    assert "0 added, 2 were there already" in shell.run("numbers", "import", file).output


def test_one_bad_line_keeps_all_numbers_out(shell: Shell, database: Database) -> None:
    shell.apply()
    file = shell.file("numbers.csv", "number\n+442079460102\nnot a number\n")
    answer = shell.run("numbers", "import", file)
    assert answer.exit_code == 1
    assert "line 3" in answer.output
    with database.reading() as session:
        assert len(session.scalars(select(Number)).all()) == 2


def test_a_person_is_added_and_later_changed(shell: Shell, database: Database) -> None:
    shell.apply()
    first = shell.run("users", "create", "Ana@Shop.example", "--name", "Ana", "--role", "admin")
    assert "can log in as admin" in first.output
    shell.run("users", "create", "ana@shop.example", "--name", "Ana Souza")
    with database.reading() as session:
        user = session.scalars(select(User)).one()
    assert (user.email, user.name, user.role) == ("ana@shop.example", "Ana Souza", "supervisor")
    assert "correct horse" not in user.password_hash


def test_a_short_password_is_refused(shell: Shell) -> None:
    shell.apply()
    words = ("users", "create", "a@b.example", "--name", "A", "--password", "short")
    assert shell.run(*words).exit_code == 2


def test_a_key_is_shown_once_and_kept_as_a_hash(shell: Shell, database: Database) -> None:
    shell.apply()
    secret = shell.run("keys", "create", "the CRM").output.split()[0]
    with database.reading() as session:
        key = session.scalars(select(ApiKey)).one()
    assert secret.startswith(key.prefix)
    assert secret not in (key.digest, key.prefix)


def test_a_plan_is_checked_in_words(shell: Shell) -> None:
    good = shell.file("good.json", '{"time_zone": "UTC", "default": {"targets": [{"skill": "a"}]}}')
    bad = shell.file("bad.json", '{"time_zone": "Mars/Base", "defalt": {}}')
    assert shell.run("plan", "check", good).exit_code == 0
    answer = shell.run("plan", "check", bad)
    assert answer.exit_code == 1
    assert "Mars/Base" in answer.output
    assert 'did you mean "default"?' in answer.output


def test_a_dry_run_says_who_would_be_rung_and_why(shell: Shell) -> None:
    shell.apply()
    told = shell.run("plan", "explain", "--interest", "bahamas", "2", "--channel", "Email")
    assert "Rings Ana (15 s)" in told.output
    data = json.loads(shell.run("plan", "explain", "--json").output)
    assert data["attempts"][0]["name"] == "Ana"


@pytest.mark.parametrize("by", ["channel", "landing_page"])
def test_a_report_of_nothing_is_still_a_report(shell: Shell, by: str) -> None:
    shell.apply()
    assert "Total" in shell.run("report", "attribution", "--by", by).output
    as_csv = shell.run("report", "attribution", "--by", by, "--format", "csv").output
    assert len(list(csv.reader(io.StringIO(as_csv)))) >= 1
    data = json.loads(shell.run("report", "attribution", "--by", by, "--json").output)
    assert data["calls"] == 0
    assert data["by"] == by


@pytest.mark.parametrize(
    ("instead_of", "by"),
    [
        ('endpoint = "+441614960101"', 'endpoint = "+442079460101"'),
        ('default_destination = "+441614960100"', 'default_destination = "+442079460199"'),
        ('targets = [{ skill = "bahamas" }]', 'targets = [{ destination = "+442079460101" }]'),
    ],
)
def test_a_number_that_would_ring_us_again_is_not_rung(
    shell: Shell, database: Database, instead_of: str, by: str
) -> None:
    answer = shell.apply(SITE.replace(instead_of, by))
    assert answer.exit_code == 1
    assert "would only come back" in answer.output
    with database.reading() as session:
        assert session.scalars(select(Site)).all() == []


def test_an_agents_phone_cannot_become_a_tracking_number(shell: Shell) -> None:
    shell.apply()
    answer = shell.run("numbers", "import", shell.file("n.csv", "number\n+441614960101\n"))
    assert answer.exit_code == 1
    assert "would only come back" in answer.output


def test_two_agents_of_one_name_are_refused(shell: Shell) -> None:
    twin = '[[agents]]\nname = "Ana"\nendpoint = "+441614960102"\n[plan]\n'
    answer = shell.apply(SITE.replace("[plan]\n", twin, 1))
    assert "2 agents are called" in answer.output


def test_two_pools_of_one_name_are_refused(shell: Shell) -> None:
    twin = '[[pools]]\nname = "main"\n[[topics]]\n'
    assert (
        'pools: 2 pools are called "main"' in shell.apply(SITE.replace("[[topics]]\n", twin)).output
    )


def test_a_reserve_that_leaves_nobody_a_number_is_refused(shell: Shell) -> None:
    reserved = SITE.replace("overflow = ", "reserve_paid = 1\noverflow = ")
    answer = shell.apply(reserved)
    assert answer.exit_code == 1
    assert "pool 'main': reserve_paid is 1 and the pool has 1 to lend" in answer.output
    empty = reserved.replace('numbers = ["+442079460101"]\n', "")
    assert shell.apply(empty).exit_code == 0
    shell.run("numbers", "import", shell.file("n.csv", "number\n+442079460102\n+442079460103\n"))
    assert shell.apply(empty).exit_code == 0


def test_an_agent_who_is_away_gets_no_calls_until_back(shell: Shell) -> None:
    shell.apply()
    shell.run("agents", "away", "Ana")
    assert "Ana  +441614960101  away  bahamas 9" in shell.run("agents", "list").output
    assert "Ana skipped: not available" in shell.run("plan", "explain").output
    shell.run("agents", "back", "Ana")
    assert "Rings Ana" in shell.run("plan", "explain").output


def test_a_report_that_ends_before_it_begins_is_refused(shell: Shell) -> None:
    shell.apply()
    words = ("report", "attribution", "--since", "2026-02-01", "--until", "2026-01-01")
    assert shell.run(*words).exit_code == 2
