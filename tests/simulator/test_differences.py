"""The difference between two policies: its subject, its sign, and its negation when they are swapped."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eeum.policy.digest import digest_of
from eeum.policy.document_models import LARGEST_DOCUMENT_BYTES
from eeum.policy.documents import canonical_document
from eeum.simulations.rules import Payments, Question
from eeum.storage import MOST_ITEM_BYTES
from simulator.asked import MOST_POOLS, answer, summary_of
from simulator.pools import COLUMNS, LASTS
from simulator.report import Table
from simulator.scale import sentence_of
from tests.simulator.cities import POLICY, layer
from tests.simulator.test_replay import city, limited


def asked(one: dict[str, Any], other: dict[str, Any] | None, share: int | None = None) -> dict[str, Any]:
    documents = [canonical_document(each) if each else None for each in (one, other)]
    assert documents[0] is not None
    question = Question(digest_of(documents[0]), documents[0], documents[1], Payments("city", "2020-03", "2020-04"), ())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "payments"
        folder.mkdir()
        city(folder)
        if share is not None:
            (folder / "city.json").write_text(json.dumps({"share": share}))
        return dict(answer(question, Path(scratch), "1GB").summary)


def test_a_policy_that_gives_more_has_winners_and_costs_more() -> None:
    """10 % against 5 %: both members gain, 36,000 instead of 18,000 won."""
    found = asked(limited(1_000, "raised"), limited(500, "before"))["difference"]
    assert (found["of"], found["against"]) == ("raised", "before")
    assert (found["cost"], found["winners"], found["losers"], found["unchanged"]) == (18_000, 2, 0, 0)
    assert (found["gained"], found["lost"]) == (18_000, 0)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2_000), st.integers(0, 2_000))
def test_swapping_the_policies_negates_the_difference(one: int, other: int) -> None:
    first, second = limited(one, "one"), limited(other, "other")
    there, back = asked(first, second)["difference"], asked(second, first)["difference"]
    assert (back["of"], back["against"]) == (there["against"], there["of"])
    assert back["cost"] == -there["cost"]
    assert (back["winners"], back["losers"]) == (there["losers"], there["winners"])
    assert (back["gained"], back["lost"]) == (there["lost"], there["gained"])
    assert back["unchanged"] == there["unchanged"]
    assert there["cost"] == there["gained"] - there["lost"]


def test_the_summary_of_the_most_pools_fits_into_one_item() -> None:
    """Twenty pools of half months over three years under two policies, beside two documents of the largest size."""
    windows = [f"20{year}-{month:02}-H{half}" for year in (20, 21, 22) for month in range(1, 13) for half in (1, 2)]
    pools = [f"pool-{number}".ljust(40, "x") for number in range(20)]
    rows = [
        (version, pool, window, 10**12, 10**12, "2022-12-31" if window == windows[-1] else LASTS)
        for version in ("a" * 40, "b" * 40)
        for pool in pools
        for window in windows
    ]
    named = [Table("pool_ends", "Pools", COLUMNS, tuple(rows)), Table("summary", "", ("policy",), ())]
    document = canonical_document(limited(1_000, "raised"))
    question = Question(digest_of(document), document, None, Payments("city", "2020-01", "2022-12"), ())
    summary = summary_of(question, named, [], [], None)

    assert len(json.dumps(summary)) + 2 * LARGEST_DOCUMENT_BYTES < MOST_ITEM_BYTES
    assert summary["pools_left_out"] == len(rows) - MOST_POOLS
    ends = [each["ends"] for each in summary["pools"]]
    assert ends == ["2022-12-31"] * 40 + [LASTS] * (MOST_POOLS - 40), "the pools that are used up come first"


def test_a_report_says_the_scale_of_the_city_and_the_day_a_pool_ends() -> None:
    pooled = POLICY | {
        "pools": [{"id": "money", "window": "month", "amount": 30_000}],
        "layers": [layer(bands=[{"from": 0, "up_to": None, "rate_basis_points": 1_000}]) | {"pools": ["money"]}],
    }
    found = asked(pooled, None, share=1_000)
    assert found["scale"] == 1_000
    assert [(each["window"], each["cost"], each["ends"]) for each in found["pools"]] == [
        ("2020-03", 30_000, "2020-03-02"),
        ("2020-04", 6_000, "lasts"),
    ]
    assert asked(pooled, None)["scale"] is None
    assert sentence_of(1_000) == (
        "These are the payments of 10 % of the city's members: won, members and payments are of that part alone."
    )
    assert (sentence_of(10_000), sentence_of(None)) == (None, None)
