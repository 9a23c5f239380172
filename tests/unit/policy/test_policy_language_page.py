"""docs/policy-language.md agrees with the program: its policy is valid, its amounts are right, and it explains every code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from eeum.policy.conditions import Facts
from eeum.policy.document_models import LARGEST_DOCUMENT_BYTES
from eeum.policy.documents import canonical_document, parse_policy
from eeum.policy.evaluation import evaluate
from tests.unit.policy.policy_documents import document, layer, policy
from tests.unit.policy.test_policy_validation import FAULTS, faults_of

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "policy-language.md").read_text(encoding="utf-8")
FAULTS_PAGE = (DOCS / "policy-language" / "faults.md").read_text(encoding="utf-8")

SHOPS = {
    "bookshop": Facts(merchant_district="harbour", merchant_category="bookshop", merchant_annual_revenue=250_000_000),
    "restaurant": Facts(
        merchant_district="harbour",
        merchant_category="restaurant",
        merchant_annual_revenue=1_200_000_000,
        merchant_flags=frozenset({"partner"}),
        merchant_own_rate=300,
    ),
    "grocery": Facts(
        merchant_district="old_town",
        merchant_category="grocery",
        merchant_annual_revenue=150_000_000,
        merchant_flags=frozenset({"traditional_market"}),
    ),
}


def complete_policy() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PAGE.split("<!-- complete policy -->")[1].split("```json")[1].split("```")[0])
    return found


def table_of_payments() -> list[dict[str, str]]:
    lines = [line for line in PAGE.split("<!-- payments under it -->")[1].split("\n\n")[0].splitlines() if line]
    heads, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def won(text: str) -> int:
    return int(text.replace(",", "")) if text else 0


def test_the_policy_to_copy_is_valid() -> None:
    assert canonical_document(complete_policy())["version"] == "haneul-2026-03-01"


def test_its_payments_earn_what_the_page_says() -> None:
    version = parse_policy(complete_policy())
    used: dict[str, int] = {}
    rows = table_of_payments()
    assert len(rows) == 5
    for row in rows:
        evaluation = evaluate(version, SHOPS[row["at"]], won(row["payment"]), used)
        for limit, more in evaluation.used.items():
            used[limit] = used.get(limit, 0) + more
        rewards = {reward.layer: reward.won for reward in evaluation.rewards}
        assert rewards == {each.id: won(row[each.id]) for each in version.layers if row[each.id]}
        assert evaluation.won == won(row["cashback"])
        assert (used["monthly-spend"], used["monthly-reward"]) == (won(row["spend used"]), won(row["reward used"]))


def test_three_funders_share_a_fraction_of_a_percent_as_the_page_says() -> None:
    shares = [("national", 40), ("city", 20), ("district", 15)]
    reward = evaluate(policy([], layer("base", [(None, 750)], funders=shares)), Facts(), 33_333, {}).rewards[0]
    assert (reward.won, reward.funders) == (2_499, (("national", 1_332), ("city", 666), ("district", 501)))


SNIPPETS = [
    json.loads(text)
    for page in (DOCS / "policy-language").glob("*.md")
    for text in re.findall(r'`(\{"(?:fact|not|all|any)": [^`…]*\})`', page.read_text(encoding="utf-8"))
    if re.search(r'"fact": F|: n\b|\[a, |name\]?\}|\[names\]|\[conditions\]|condition\}|: instant', text) is None
]


def test_conditions_stand_on_the_pages() -> None:
    assert len(SNIPPETS) >= 5


@pytest.mark.parametrize("snippet", SNIPPETS, ids=str)
def test_every_condition_on_the_pages_is_one(snippet: dict[str, Any]) -> None:
    categories = [*document()["merchants"]["categories"], "hospital"]
    flags = ("merchants.flags", ["plus"])
    canonical_document(document(("merchants.categories", categories), flags, ("layers.0.when", snippet)))


@pytest.mark.parametrize("code", sorted({fault[3] for fault in FAULTS}))
def test_every_code_is_explained(code: str) -> None:
    assert f"`{code}`" in FAULTS_PAGE


def test_a_document_too_large_to_store_is_refused() -> None:
    changed = complete_policy()
    changed["rows"][0]["note"] = "가" * (LARGEST_DOCUMENT_BYTES // 3)
    assert faults_of(changed) == {("", "too_large")}
