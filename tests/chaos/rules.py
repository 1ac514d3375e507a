"""The promises, one by one, each a look at the evidence that finds what breaks it."""

from collections.abc import Callable, Iterator, Mapping

from chaos import rules_books, rules_calls, rules_legs, rules_repairs, rules_times
from chaos.evidence import Evidence
from chaos.rules_excuses import Finding

Rule = Callable[[Evidence], Iterator[Finding]]

RULES: Mapping[str, Rule] = {
    "after a talk": rules_calls.nobody_after_a_talk,
    "silence": rules_calls.silence,
    "attempts": rules_calls.attempts,
    "legs": rules_legs.legs,
    "agents": rules_legs.agents,
    "held twice": rules_legs.held_twice,
    "whisper": rules_calls.whispers,
    "answered by": rules_calls.answered_by,
    "result": rules_calls.results,
    "messages": rules_calls.messages,
    "rang": rules_times.rang,
    "ended": rules_times.ended,
    "ringing": rules_times.ringing,
    "talked": rules_times.talked,
    "ended by": rules_times.ended_by,
    "set aside": rules_books.set_aside,
    "leases": rules_books.leases,
    "matching": rules_books.matches,
    "lease book": rules_books.lease_book,
    "days": rules_calls.days,
    "outcomes": rules_books.outcomes,
    "credits": rules_books.credited,
    "facts": rules_books.facts,
    "repairs": rules_repairs.repairs,
    "budget": rules_repairs.budget,
    "fell back": rules_calls.fell_back,
    "fallback": rules_calls.carriers_fallback,
    "spool": rules_books.spool,
}
