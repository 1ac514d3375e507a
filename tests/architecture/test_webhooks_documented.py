"""docs/webhooks.md says what is sent, field by field, and its receiver verifies what we sign."""

import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from runpy import run_path
from typing import Any

from architecture.sources import PACKAGE, ROOT
from callweave.domain.facts import FactType, ToldCall, ToldOutcome, written
from callweave.integrations.catalogue import KINDS
from callweave.integrations.destination import Errand
from callweave.integrations.webhook.kind import _signed
from receiver import SECRET
from told import COMPLETED

TEXT = (ROOT / "docs" / "webhooks.md").read_text("utf-8")


def names(shape: type[ToldCall] | type[ToldOutcome]) -> list[str]:
    return [field.name for field in fields(shape)]


def test_the_example_has_the_fields_that_are_sent_in_their_order() -> None:
    found = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert found
    data = json.loads(found[1])["data"]
    assert list(data["call"]) == names(ToldCall)
    assert list(data["outcome"]) == names(ToldOutcome)


def test_every_fact_is_explained() -> None:
    assert re.findall(r"^\| `([a-z.]+)` \|", TEXT, re.MULTILINE) == [
        each.value for each in FactType
    ]


def test_the_receivers_program_believes_what_we_send_and_nothing_else(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found
    program = tmp_path / "program.py"
    kept: dict[str, Any] = {}
    program.write_text(found[1].replace("whsec_...", SECRET))
    made = run_path(str(program), {"keep": kept.__setitem__}, "program")
    receive = partial(made["app"].test_client().post, "/hooks/callweave")
    errand = Errand("fa_1", written(COMPLETED), "", SECRET, allow_private=False)
    signature = _signed(errand, datetime.now(UTC))
    assert receive(data=errand.body + " ", headers=signature).status_code == 400
    assert receive(data=errand.body, headers=signature).status_code == 204
    assert kept == {"fa_1": json.loads(errand.body)}


def test_every_kind_of_destination_is_in_the_catalogue() -> None:
    folders = {Path(each).parent.name for each in (PACKAGE / "integrations").glob("*/__init__.py")}
    assert folders == set(KINDS)
