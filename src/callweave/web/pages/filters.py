"""Which calls a list was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort

from callweave.domain.visits.channels import Channel
from callweave.storage.reports.calls import NOT_KNOWN, Wanted
from callweave.storage.reports.scope import Scope
from callweave.web.auth import Role
from callweave.web.pages import words

LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice among several, as the page offers it."""

    name: str
    label: str
    choices: Mapping[str, str]
    chosen: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    choices: tuple[Filter, ...]
    source: str
    caller: str

    @property
    def kept(self) -> dict[str, str]:
        """What was asked for, as arguments of an address."""
        asked = {choice.name: choice.chosen or "" for choice in self.choices}
        asked |= {"source": self.source, "caller": self.caller}
        return {name: value for name, value in asked.items() if value}

    def wanted(self, scope: Scope) -> Wanted:
        chosen = {choice.name: choice.chosen for choice in self.choices}
        return Wanted(
            scope,
            status=chosen["status"],
            channel=chosen["channel"],
            text=self.source or None,
            agent_id=chosen["agent"],
            match_status=chosen["match"],
            disposition=chosen["outcome"],
            digits="".join(filter(str.isdigit, self.caller)) or None,
        )


def read_filters(args: Mapping[str, str], agents: Mapping[str, str], role: Role) -> Filters:
    """400 for a choice that is not offered: ignoring it would show calls nobody asked for."""
    offered: tuple[tuple[str, str, Mapping[str, str]], ...] = (
        ("status", "Result", words.STATUS),
        ("channel", "Channel", {c: c for c in Channel} | {NOT_KNOWN: "Not known"}),
        ("agent", "Answered by", {**agents, NOT_KNOWN: "Nobody of ours"}),
        ("match", "Match", {status: word.name for status, word in words.MATCH.items()}),
        ("outcome", "Outcome", words.DISPOSITION | {NOT_KNOWN: "None yet"}),
    )
    return Filters(
        choices=tuple(_chosen(args, *choice) for choice in offered),
        source=_text(args, "source"),
        caller=_text(args, "caller") if role.sees_callers else "",
    )


def _chosen(args: Mapping[str, str], name: str, label: str, choices: Mapping[str, str]) -> Filter:
    value = args.get(name) or None
    if value is not None and value not in choices:
        abort(400)
    return Filter(name, label, choices, value)


def _text(args: Mapping[str, str], name: str) -> str:
    return "".join(filter(str.isprintable, args.get(name, ""))).strip()[:LONGEST_TEXT]
