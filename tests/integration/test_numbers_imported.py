"""`callweave numbers import`, as spreadsheets write their files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select

from callweave.storage.database import Database
from callweave.storage.numbers import Number, Pool
from databases import Databases, SqliteDatabases
from numbers_stage import ALL, FIRST, Desk, desk
from shops import ANA, OVERFLOW, OWN_NUMBER

NEW, OTHER = "+442079460951", "+442079460952"
Import = Callable[..., Result]


@pytest.fixture
def databases(sqlite: SqliteDatabases) -> Databases:
    return sqlite


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Desk]:
    with desk(database, database_url) as found:
        yield found


@pytest.fixture
def import_(here: Desk, tmp_path: Path) -> Import:
    def run(text: str | bytes, *words: str) -> Result:
        file = tmp_path / "numbers.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return here.run("import", str(file), *words)

    return run


def with_pool(here: Desk, name: str, kind: str) -> None:
    with here.database.writing() as session:
        main = session.scalars(select(Pool)).first()
        assert main
        session.add(
            Pool(
                id=f"po_{name}", site_id=main.site_id, name=name, kind=kind, lease_s=1800,
                created_at=main.created_at,
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        f"number\n{NEW}\n{OTHER}\n",
        f"Note , NUMBER \nfirst,{NEW}\nsecond,{OTHER}\n",
        f"note;number\nfirst;{NEW}\nsecond, too;{OTHER}\n",
        f"\ufeffnumber,note\r\n{NEW},\r\n\r\n+44 20 7946 0952,spaces\r\n",
        f'number,note\n{NEW},"two\nlines"\n{OTHER},\n{NEW},again\n',
    ],
)
def test_a_file_is_read_as_spreadsheets_write_it(here: Desk, import_: Import, text: str) -> None:
    assert "2 added, 0 were there already." in import_(text).output
    assert {*here.roles()} == {*ALL, NEW, OTHER}


def test_wrong_numbers_are_told_with_the_lines_that_an_editor_shows(
    here: Desk, import_: Import
) -> None:
    said = import_(f'number,note\n\n{NEW},"two\nlines"\n4.4208E+11,\n,empty\n')
    assert said.exit_code == 1
    assert "line 5: is no phone number" in said.output
    assert "line 6" in said.output
    assert "line 4" not in said.output
    assert {*here.roles()} == {*ALL}


def test_each_number_goes_into_the_pool_that_its_line_names(here: Desk, import_: Import) -> None:
    with_pool(here, "vans", "placement")
    said = import_(f"number,pool\n{NEW},vans\n{OTHER},\n", "--pool", "main")
    assert "2 added" in said.output
    assert (here.roles()[NEW], here.roles()[OTHER]) == ("overflow", "pooled")
    with here.database.reading() as session:
        pools = {n.e164: n.pool_id for n in session.scalars(select(Number))}
    assert (pools[NEW], pools[OTHER]) == ("po_vans", here.pool().id)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("phone\n+442079460951\n", 'has no column "number"'),
        ("", 'has no column "number"'),
        (b"number,note\n+442079460951,caf\xe9\n", "is no CSV in UTF-8"),
        ("number,pool\n+442079460951,mian\n", "there is no pool 'mian'; there are: main"),
        ("number,pool\n+442079460951,main\n+442079460951,\n", "line 3: +442079460951 is in pool"),
        (f'number\n{NEW}\n"{OTHER}\n', "is no CSV in UTF-8: unexpected end of data"),
        ("number,Number\n+442079460951,+442079460952\n", 'has two columns "number"'),
        ("number\n", None),
    ],
)
def test_a_file_that_cannot_be_read_adds_nothing(
    here: Desk, import_: Import, text: str | bytes, told: str | None
) -> None:
    said = import_(text)
    assert said.exit_code == (1 if told else 0), said.output
    assert (told or "0 added, 0 were there already.") in said.output
    assert {*here.roles()} == {*ALL}


def test_the_sites_own_number_is_not_imported(here: Desk, import_: Import) -> None:
    said = import_(f"number\n{NEW}\n{OWN_NUMBER}\n")
    assert said.exit_code == 1
    assert f"{OWN_NUMBER} is a site's own number" in said.output
    assert {*here.roles()} == {*ALL}


def test_a_pool_that_a_line_names_is_found_under_any_heading(here: Desk, import_: Import) -> None:
    with_pool(here, "vans", "placement")
    assert "1 added" in import_(f"Number, Pool\n{NEW},vans\n").output
    assert here.roles()[NEW] == "overflow"


def test_all_that_keeps_numbers_out_is_told_at_once_with_its_lines(
    here: Desk, import_: Import
) -> None:
    with_pool(here, "vans", "placement")
    lines = ("0161,main", f"{NEW},mian", f"{FIRST},vans", f"{ANA},main", f"{OVERFLOW},main")
    said = import_("\n".join(["number,pool", *lines, f"{OTHER},main"]))
    assert said.exit_code == 1
    told = said.output.splitlines()
    assert told[0] == "Error: nothing was added:"
    assert [line.partition(":")[0] for line in told[1:]] == [f"line {nth}" for nth in range(2, 7)]
    assert told[2] == "line 3: there is no pool 'mian'; there are: main, vans"
    assert told[3] == f"line 4: {FIRST} is in use elsewhere already"
    assert told[4].startswith(f"line 5: {ANA} is rung by us")
    assert told[5] == f"line 6: {OVERFLOW} is in this pool already, as a number for many"
    assert {*here.roles()} == {*ALL}


def test_a_pool_by_source_takes_one_number(here: Desk, import_: Import) -> None:
    with_pool(here, "news", "source")
    both = import_(f"number\n{NEW}\n{OTHER}\n", "--pool", "news")
    assert both.exit_code == 1
    assert f"line 3: {OTHER} would not be shown: pool news is by source" in both.output
    assert "1 added" in import_(f"number\n{NEW}\n", "--pool", "news").output
    assert import_(f"number\n{OTHER}\n", "--pool", "news").exit_code == 1
    assert "0 added, 1 were there" in import_(f"number\n{NEW}\n", "--pool", "news").output
