"""A replay of every policy of the library gives the same won as evaluating its payments one by one."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as arrow
import pytest

from eeum.calendar import milliseconds_of
from eeum.policy.conditions import CHANNELS, METHODS
from eeum.policy.reading import policy_of
from simulator.payments import Span
from simulator.replay import connect, replay
from simulator.versions import always, fallbacks, left_out
from tests.simulator.cities import PAYMENT, SCHEMA
from tests.simulator.ledger import Ledger

ROOT = Path(__file__).parents[2] / "policies"
LIBRARY = sorted(path for path in ROOT.glob("*/*.json") if not path.name.endswith(".events.json"))
DAYS, DAY = 75, 86_400_000
PAYMENTS = 250
WON = [0, 1, 9_999, 10_000, 30_000, 50_000, 100_000, 300_000, 500_000]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return connect(threads=1)


def test_the_library_is_all_there() -> None:
    """The library includes every form that is hard to replay."""
    texts = [path.read_text(encoding="utf-8") for path in LIBRARY]
    words = (
        "discount",
        "top_up_bonus",
        "payback",
        "carries_over_from",
        "pools",
        "exclusive",
        "steps",
        "purses",
        "half_month",
    )
    assert {word for word in words if any(f'"{word}"' in text for text in texts)} == set(words)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_policy_of_the_library(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    made = payments(document, Random(path.stem))
    connection.register("made", made)
    connection.execute("CREATE OR REPLACE TABLE payments AS FROM made")
    rows = made.sort_by([("accepted_at", "ascending"), ("payment", "ascending")]).to_pylist()

    policies = always(policy_of(document))
    plans = replay(connection, [policies], Span(len(rows), rows[0]["accepted_at"], rows[-1]["accepted_at"]))
    replayed = dict(connection.execute("SELECT member, won FROM members_0").fetchall())

    ledger = Ledger(policies.versions[0])
    for payment in rows:
        ledger.pay(payment)
    assert replayed == ledger.won
    layers = policies.versions[0].layers
    assert any(ledger.won.values()) or all(layer.reward_kind.value.startswith("top_up") for layer in layers)
    # The report names what SQL could not replay, and the top-up layers, which payments alone do not show.
    walked = any(layer.reward_kind.value == "discount" or layer.exclusive for layer in layers)
    assert not walked or fallbacks(plans)
    assert len(left_out(policies)) == sum(layer.reward_kind.value.startswith("top_up") for layer in layers)


def payments(document: dict[str, Any], random: Random) -> arrow.Table:
    """Payments of a few members at shops of all kinds in the document, from its start on."""
    merchants = document["merchants"]
    flags = [f"flag_{flag}" for flag in merchants.get("flags", [])]
    schema = arrow.schema([*list(SCHEMA)[:-1], *((flag, arrow.bool_()) for flag in flags)])
    start = milliseconds_of(policy_of(document).starts_at)
    words = _words(document)

    def one_of(fact: str, *others: Any) -> Any:
        return random.choice([*words.get(fact, []), *others, None])

    rows = [
        PAYMENT
        | {
            "payment": number,
            "member": random.randint(1, 5),
            "accepted_at": start + random.randrange(DAYS * DAY),
            "won_charged": random.choice(WON),
            "won_cashback": random.choice([0, 0, random.choice(WON)]),
            "won_rewards": random.choice([0, 0, 0, 7_000]),
            "won_discount": random.choice([0, 0, 0, 1_500]),
            "merchant_district": random.choice([*merchants["districts"], None]),
            "merchant_category": random.choice([*merchants["categories"], None]),
            "merchant_annual_revenue": random.choice([0, 300_000_000, 500_000_000, 1_000_000_000, 3_000_000_001, None]),
            "merchant_own_rate": random.choice([0, 100, 500]),
            "merchant_benefit_plus": random.random() < 0.5,
            "merchant_partner": random.random() < 0.5,
            "merchant_traditional_market": random.random() < 0.5,
            "merchant_good_price": random.random() < 0.5,
            "card_product": one_of("card_product", "standard"),
            "card_issuer": one_of("card_issuer"),
            "member_class": one_of("member_class"),
            "member_district": random.choice([*merchants["districts"], None]),
            "member_age": random.choice([None, 17, 19, 24, 35, 65, 80]),
            "channel": random.choice([*sorted(CHANNELS), None]),
            "method": random.choice([*sorted(METHODS), None]),
            **{flag: random.random() < 0.5 for flag in flags},
        }
        for number in range(PAYMENTS)
    ]
    return arrow.Table.from_pylist(rows, schema=schema)


def _words(document: Any) -> dict[str, list[str]]:
    """The values that a document's conditions compare each fact with."""
    found: dict[str, list[str]] = {}
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict) and "fact" in each:
            found.setdefault(each["fact"], []).extend(each.get("in", []))
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else []
    return found
