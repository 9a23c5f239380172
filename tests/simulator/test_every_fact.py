"""Exports and replays have every fact that entries store, with its type; a fact that they lacked would count as unknown."""

from __future__ import annotations

import pyarrow as arrow

from eeum.policy.conditions import CHANNELS, FLAGS, Facts
from eeum.policy.stored_facts import STORED_FACTS, FactType, StoredFact
from simulator.city import figures
from simulator.evaluated import READ, TEXTS
from simulator.export.entries import CAPTURED, _captured
from simulator.payments import COLUMNS, MAY_BE_MISSING, WHOLE_NUMBERS
from simulator.payments import FLAGS as COLUMNS_OF_FLAGS
from simulator.payments import TEXTS as TEXT_TYPES
from tests.contract.examples import acceptance

TYPES = {FactType.TEXT: arrow.string(), FactType.WHOLE_NUMBER: arrow.int64()}
KNOWN = {FactType.TEXT: "known", FactType.WHOLE_NUMBER: 7}


def _columns() -> list[StoredFact]:
    return [fact for fact in STORED_FACTS if fact.type is not FactType.FLAGS]


def test_an_export_writes_every_fact() -> None:
    facts = Facts(merchant_flags=frozenset({"partner", "own"}), **{each.name: KNOWN[each.type] for each in _columns()})
    row = _captured(acceptance("wallet", "a-request-of-a-member"), facts, (("charged", 10),), 10)
    for fact in _columns():
        assert CAPTURED.field(fact.name).type == TYPES[fact.type]
        assert row[fact.name] == KNOWN[fact.type], fact.name
    assert (row["merchant_partner"], row["merchant_benefit_plus"], row["flags"]) == (True, False, ["own"])


def test_a_replay_reads_every_fact() -> None:
    kinds = COLUMNS | {name: kind for name, (kind, _) in MAY_BE_MISSING.items()}
    expected = {FactType.TEXT: TEXT_TYPES, FactType.WHOLE_NUMBER: WHOLE_NUMBERS}
    for fact in _columns():
        assert kinds[fact.name] == expected[fact.type], fact.name
        assert fact.name in READ, fact.name
        assert fact.type is FactType.TEXT or fact.name not in TEXTS
    assert frozenset(COLUMNS_OF_FLAGS) == FLAGS


def test_the_simulated_city_pays_in_every_channel() -> None:
    assert set(figures.CHANNEL_SHARES) == CHANNELS
