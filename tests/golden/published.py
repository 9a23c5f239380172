"""The published policies and worked examples, and a member whose payments they judge one after another."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from eeum.calendar import month_of
from eeum.policy.conditions import Facts
from eeum.policy.documents import parse_policy
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Evaluation, PolicyVersion
from eeum.policy.use_cases import PolicyBook

POLICIES = Path(__file__).parents[2] / "policies"
_EXAMPLES = Path(__file__).parent / "worked_examples.json"

ORDINARY_SHOP: Mapping[str, Any] = {
    "merchant_district": "jung",
    "merchant_category": "restaurant",
    "merchant_annual_revenue": 100_000_000,
    "channel": "shop",
}
"""The facts of a payment where an example names none: a small restaurant."""


def examples(kind: str) -> list[dict[str, Any]]:
    """The worked examples of a kind: `single` or `sequences`."""
    found: list[dict[str, Any]] = json.loads(_EXAMPLES.read_text(encoding="utf-8"))[kind]
    return found


@cache
def documents_of(programme: str) -> Mapping[Path, dict[str, Any]]:
    """A programme's documents by file, sorted by file name."""
    files = sorted((POLICIES / programme).glob("*.json"))
    return {path: json.loads(path.read_text(encoding="utf-8")) for path in files}


@cache
def incheon() -> PolicyBook:
    return PolicyBook([parse_policy(document) for document in documents_of("incheon").values()])


def versions_of_row(row: str) -> list[PolicyVersion]:
    """Every Incheon version that states the published row."""
    return [
        parse_policy(document)
        for document in documents_of("incheon").values()
        if row in (named["id"] for named in document["rows"])
    ]


def policy_of_bands(example: Mapping[str, Any]) -> PolicyVersion:
    """The policy that an example states: its layers' bands, each layer with a limit of its own."""
    limits: list[dict[str, Any]] = []
    layers: list[dict[str, Any]] = []
    for index, layer in enumerate(example["layers"]):
        earning = [(up_to, rate) for up_to, rate in layer["bands"] if rate > 0]
        ends = [up_to for up_to, _ in earning]
        name = f"layer-{index}"
        limits.append({"id": name, "measure": "spend", "window": "month", "amount": ends[-1]})
        layers.append(
            {
                "id": name,
                "title": {"ko": layer["funder"], "en": layer["funder"]},
                "bands": [
                    {"from": start, "up_to": up_to, "rate_basis_points": rate}
                    for start, (up_to, rate) in zip([0, *ends], earning, strict=False)
                ],
                "limits": [name],
                "funders": [{"funder": "city", "share": 1}],
            }
        )
    if "cap_cashback" in example:
        limits.append({"id": "reward", "measure": "reward", "window": "month", "amount": example["cap_cashback"]})
        for layer in layers:
            layer["limits"].append("reward")
    return parse_policy(
        {
            "language": 1,
            "programme": "example",
            "version": example["id"].lower(),
            "title": {"ko": example["row"], "en": example["row"]},
            "starts_at": "2019-01-01T00:00:00+09:00",
            "wallet": {"minimum_top_up": 0, "holding_limit": 10**12, "holding_limit_verified": 10**12},
            "earns_from": ["charged"],
            "merchants": {"districts": ["jung"], "categories": ["restaurant"]},
            "limits": limits,
            "layers": layers,
        }
    )


def policies_of(example: Mapping[str, Any]) -> Sequence[PolicyVersion]:
    """The policies that judge an example: Incheon's by each version that states its row, others by the bands of the example."""
    if example["row"].startswith("IC-"):
        return versions_of_row(example["row"])
    return [policy_of_bands(example)]


class Member:
    """A member of a programme; limit usage is kept by month."""

    def __init__(self, book: PolicyBook) -> None:
        self._book = book
        self._used: dict[str, dict[str, int]] = {}

    def pays(self, at: str | datetime, amount: int, **facts: Any) -> Evaluation:
        """The cashback of a payment of `amount` won from the loaded balance, under the version in force at the instant."""
        instant = datetime.fromisoformat(at) if isinstance(at, str) else at
        used = self._used.setdefault(month_of(instant), {})
        evaluation = evaluate(self._book.running_at(instant), Facts(**{**ORDINARY_SHOP, **facts}), amount, used)
        for limit, more in evaluation.used.items():
            used[limit] = used.get(limit, 0) + more
        return evaluation
