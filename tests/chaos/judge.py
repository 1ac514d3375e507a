"""The carrier's ledger against the service's books, by rules that share no code with the service.

Both parts of the chaos end here: gather `Evidence`, ask `judge`, print the breaches.
"""

from callweave.simulator.books import balance
from chaos.evidence import Breach, Evidence
from chaos.rules import RULES


def judge(evidence: Evidence) -> list[Breach]:
    found = list(evidence.witnessed)
    books = balance(evidence.ledger, evidence.owed, evidence.rows.figures)
    found += (Breach("books", each.about, each.what) for each in books)
    for rule, look in RULES.items():
        found += (Breach(rule, about, what) for about, what in look(evidence))
    return found
