"""Each fault of the language beyond its shape: a document with this fault only, and the same document corrected."""

import ast
from pathlib import Path
from typing import Any

import pytest

from eeum.policy.documents import canonical_document
from tests.unit.policy.policy_documents import document, layer
from tests.unit.policy.test_policy_validation import FAULTS, band, faults_of, when

ROOT = Path(__file__).parents[3]
POLICY = ROOT / "layers" / "eeum" / "python" / "eeum" / "policy"
PAGE = (ROOT / "docs" / "policy-language" / "faults.md").read_text(encoding="utf-8")

Changes = list[tuple[str, Any]]

EVENT = {"from": "2026-05-05T10:00:00+09:00", "until": "2026-05-06T00:00:00+09:00"}
POOL = {"id": "p", "window": "month", "amount": 1}
PURSE = {"id": "points", "title": {"ko": "포인트", "en": "Points"}}


def limit(name: str, measure: str, window: str = "month", amount: int | None = 1_000, **more: Any) -> dict[str, Any]:
    return {"id": name, "measure": measure, "window": window, "amount": amount, **more}


def gives(act: str, name: str = "more", **more: Any) -> dict[str, Any]:
    return layer(name, [(None, 100)]) | {"gives": act} | more


def steps(**words: Any) -> Changes:
    return [
        ("layers.0", {key: won for key, won in layer("a", [(None, 1)]).items() if key != "bands"} | {"steps": words})
    ]


def layers(*each: dict[str, Any]) -> tuple[str, Any]:
    return ("layers", list(each))


GROUP = {"id": "g", "counts": "first"}
TOP_UP = limit("topped-up", "top_up")
CARRIED = limit("monthly-spend", "spend", amount=150_000, carries_over_from="2026-01-01T00:00:00+09:00")

MENDED: list[tuple[str, str, str, Changes, Changes]] = [
    # Names of the policy's own, and those that every wallet has.
    ("a purse that every wallet has", "purses.0.id", "reserved_name",
     [("purses", [PURSE | {"id": "grants"}])],
     [("purses", [PURSE])]),
    ("a name of the API", "version", "reserved_name",
     [("version", "coming")],
     [("version", "coming-soon")]),
    ("two pools of one id", "pools", "repeated_id",
     [("pools", [POOL] * 2)],
     [("pools", [POOL])]),
    ("two groups of one id", "groups", "repeated_id",
     [("groups", [GROUP] * 2)],
     [("groups", [GROUP])]),
    ("two purses of one id", "purses", "repeated_id",
     [("purses", [PURSE] * 2)],
     [("purses", [PURSE])]),
    # Conditions.
    ("a flag that is not listed", "layers.0.when.has", "unknown_flag",
     [when(fact="merchant_flags", has="green")],
     [("merchants.flags", ["green"]), when(fact="merchant_flags", has="green")]),
    ("a district that is not listed", "layers.0.when.in.0", "unknown_district",
     [when(fact="member_district", **{"in": ["west"]})],
     [when(fact="member_district", **{"in": ["north"]})]),
    ("a channel that is none", "layers.0.when.in.0", "unknown_channel",
     [when(fact="channel", **{"in": ["ship"]})],
     [when(fact="channel", **{"in": ["taxi"]})]),
    ("a method that is none", "layers.0.when.in.0", "unknown_method",
     [when(fact="method", **{"in": ["cash"]})],
     [when(fact="method", **{"in": ["app"]})]),
    ("a day that no week has", "layers.0.when.in.1", "unknown_weekday",
     [when(fact="weekday", **{"in": ["friday", "funday"]})],
     [when(fact="weekday", **{"in": ["friday"]})]),
    ("a time that is none", "layers.0.when.until", "string_pattern_mismatch",
     [when(fact="time_of_day", **{"from": "18:00", "until": "25:00"})],
     [when(fact="time_of_day", **{"from": "18:00", "until": "24:00"})]),
    ("no time between", "layers.0.when", "range_empty",
     [when(fact="time_of_day", **{"from": "18:00", "until": "18:00"})],
     [when(fact="time_of_day", **{"from": "18:00", "until": "17:59"})]),
    ("an instant without ends", "layers.0.when", "range_missing",
     [when(fact="instant", **{"from": None})],
     [when(fact="instant", **{"from": EVENT["from"]})]),
    ("no instant between", "layers.0.when", "range_empty",
     [when(fact="instant", **{"from": EVENT["from"], "until": EVENT["from"]})],
     [when(fact="instant", **EVENT)]),
    ("one end said twice", "layers.0.when", "range_said_twice",
     [when(fact="amount", above=1, at_least=2)],
     [when(fact="amount", above=1)]),
    ("the other end said twice", "layers.0.when", "range_said_twice",
     [when(fact="amount", below=3, at_most=2)],
     [when(fact="amount", at_most=2)]),
    ("nothing below nothing", "layers.0.when", "range_empty",
     [when(fact="member_age", below=0)],
     [when(fact="member_age", below=1)]),
    ("more than at least as much", "layers.0.when", "range_empty",
     [when(fact="member_age", at_least=20, below=20)],
     [when(fact="member_age", at_least=20, below=21)]),
    ("a number fact with names", "layers.0.when.fact", "unknown_fact",
     [when(fact="amount", **{"in": ["much"]})],
     [when(fact="amount", at_least=10_000)]),
    # What is not known at a top-up, and what does not say where money is spent.
    ("a shop at a top-up", "layers.0.when.fact", "fact_not_known_at_top_up",
     [layers(gives("top_up_bonus", when={"fact": "merchant_district", "in": ["north"]}))],
     [layers(gives("top_up_bonus", when={"fact": "member_district", "in": ["north"]}))]),
    ("a card at a top-up, deep inside", "layers.0.when.any.0.not.fact", "fact_not_known_at_top_up",
     [layers(gives("top_up_discount", when={"any": [{"not": {"fact": "card_product", "in": ["gold"]}}]}))],
     [layers(gives("top_up_discount", when={"any": [{"not": {"fact": "member_age", "below": 65}}]}))]),
    ("a shop that funds a top-up", "layers.0.funders", "fact_not_known_at_top_up",
     [layers(gives("top_up_bonus", funders=[{"funder": "merchant", "share": 1}]))],
     [layers(gives("top_up_bonus"))]),
    ("a shop's rate at a top-up", "layers.0.bands", "fact_not_known_at_top_up",
     [layers(gives("top_up_bonus", bands=[band(0, None, "merchant")]))],
     [layers(gives("top_up_bonus", bands=[band(0, None, 1)]))]),
    ("a member where a purse is spent", "purses.0.spendable_at.fact", "fact_not_of_a_shop",
     [("purses", [PURSE | {"spendable_at": {"fact": "member_age", "below": 20}}])],
     [("purses", [PURSE | {"spendable_at": {"fact": "channel", "in": ["qr"]}}])]),
    ("a district that a purse does not know", "purses.0.spendable_at.in.0", "unknown_district",
     [("purses", [PURSE | {"spendable_at": {"fact": "merchant_district", "in": ["west"]}}])],
     [("purses", [PURSE | {"spendable_at": {"fact": "merchant_district", "in": ["south"]}}])]),
    # Limits, windows and pools.
    ("a top-up limit that is not there", "wallet.top_up_limits.0", "unknown_limit",
     [("wallet.top_up_limits", ["none"])],
     [("limits.1", TOP_UP), ("wallet.top_up_limits", ["topped-up"])]),
    ("spend as a top-up limit", "wallet.top_up_limits.0", "measure_does_not_fit",
     [("wallet.top_up_limits", ["monthly-reward"])],
     [("limits.1", TOP_UP), ("wallet.top_up_limits", ["topped-up"])]),
    ("top-ups limit a payment", "layers.0.limits.0", "measure_does_not_fit",
     [("limits", [TOP_UP]), layers(gives("cashback", limits=["topped-up"]))],
     [("limits", [limit("topped-up", "spend")]), layers(gives("cashback", limits=["topped-up"]))]),
    ("spend limits a top-up", "layers.0.limits.0", "measure_does_not_fit",
     [layers(gives("top_up_bonus", limits=["monthly-spend"]))],
     [layers(gives("top_up_bonus", limits=["monthly-reward"]))]),
    ("a limit of two acts", "layers.1.limits", "limit_of_two_acts",
     [layers(gives("cashback", "a", limits=["monthly-reward"]), gives("discount", "b", limits=["monthly-reward"]))],
     [layers(gives("cashback", "a", limits=["monthly-reward"]), gives("payback", "b", limits=["monthly-reward"]))]),
    ("a group of two acts", "layers.1.exclusive", "group_of_two_acts",
     [("groups", [GROUP]), layers(gives("discount", "a", exclusive="g"), gives("top_up_bonus", "b", exclusive="g"))],
     [("groups", [GROUP]), layers(gives("top_up_discount", "a", exclusive="g"), gives("top_up_bonus", "b", exclusive="g"))]),
    ("an event without its end", "limits.1", "event_needs_a_period",
     [("limits.1", limit("e", "reward", "event", **{"from": EVENT["from"]}))],
     [("limits.1", limit("e", "reward", "event", **EVENT))]),
    ("an event that ends where it starts", "limits.1", "range_empty",
     [("limits.1", limit("e", "reward", "event", **EVENT | {"until": EVENT["from"]}))],
     [("limits.1", limit("e", "reward", "event", **EVENT))]),
    ("a month with an end", "limits.1", "window_has_no_period",
     [("limits.1", limit("m", "reward", "month", until=EVENT["until"]))],
     [("limits.1", limit("m", "reward"))]),
    ("a pool's event without its start", "pools.0", "event_needs_a_period",
     [("pools", [{"id": "p", "window": "event", "until": EVENT["until"], "amount": 1}])],
     [("pools", [{"id": "p", "window": "event", "amount": 1, **EVENT}])]),
    ("an event carries over", "limits.1.carries_over_from", "event_carries_nothing",
     [("limits.1", limit("e", "reward", "event", carries_over_from=EVENT["from"], **EVENT))],
     [("limits.1", limit("e", "reward", carries_over_from=EVENT["from"]))]),
    ("nothing is carried over", "limits.1.carries_over_from", "nothing_to_carry",
     [("limits.1", limit("n", "reward", amount=None, carries_over_from=EVENT["from"]))],
     [("limits.1", limit("n", "reward", carries_over_from=EVENT["from"]))]),
    ("bands end before what is carried", "layers.0.bands.0.up_to", "carried_beyond_bands",
     [("limits.0", CARRIED), ("layers.0.bands", [band(0, 299_999)])],
     [("limits.0", CARRIED), ("layers.0.bands", [band(0, 300_000)])]),
    ("a pool that is not there", "layers.0.pools.0", "unknown_pool",
     [("layers.0.pools", ["p"])],
     [("pools", [POOL]), ("layers.0.pools", ["p"])]),
    ("a pool listed twice", "layers.0.pools.1", "repeated_id",
     [("pools", [POOL]), ("layers.0.pools", ["p", "p"])],
     [("pools", [POOL]), ("layers.0.pools", ["p"])]),
    # Bands and steps.
    ("neither bands nor steps", "layers.0.bands", "missing",
     [("layers.0.bands-", None)],
     []),
    ("bands and steps", "layers.0.steps", "bands_and_steps",
     [("layers.0.steps", {"per": "payment", "every": 10, "gives": 1})],
     []),
    ("steps of no form", "layers.0.steps", "steps_unclear",
     steps(per="payment"),
     steps(per="payment", every=10, gives=1)),
    ("steps of two forms", "layers.0.steps", "steps_unclear",
     steps(per="payment", every=10, gives=1, reached=[{"from": 10, "gives": 1}]),
     steps(per="payment", reached=[{"from": 10, "gives": 1}])),
    ("every so much, and nothing for it", "layers.0.steps", "steps_unclear",
     steps(per="payment", every=10),
     steps(per="payment", every=10, gives=1)),
    ("steps that start together", "layers.0.steps.reached.1", "steps_not_rising",
     steps(per="payment", reached=[{"from": 10, "gives": 1}, {"from": 10, "gives": 2}]),
     steps(per="payment", reached=[{"from": 10, "gives": 1}, {"from": 11, "gives": 2}])),
    ("a step that gives no more", "layers.0.steps.reached.1", "steps_not_rising",
     steps(per="payment", reached=[{"from": 10, "gives": 2}, {"from": 20, "gives": 2}]),
     steps(per="payment", reached=[{"from": 10, "gives": 2}, {"from": 20, "gives": 3}])),
    ("a step that gives more than it takes", "layers.0.steps.reached.0", "pays_more_than_everything",
     steps(per="payment", reached=[{"from": 10, "gives": 11}]),
     steps(per="payment", reached=[{"from": 10, "gives": 10}])),
    ("every so much gives more", "layers.0.steps", "pays_more_than_everything",
     steps(per="payment", every=10, gives=11),
     steps(per="payment", every=10, gives=10)),
    ("steps for nothing", "layers.0.steps.every", "greater_than_equal",
     steps(per="payment", every=0, gives=0),
     steps(per="payment", every=1, gives=0)),
    ("steps of a window that nothing counts", "layers.0.steps", "steps_need_a_limit",
     steps(per="window", every=10, gives=1),
     [*steps(per="window", every=10, gives=1), ("layers.0.limits", ["monthly-spend"])]),
    ("bonuses above everything", "layers", "pays_more_than_everything",
     [layers(gives("top_up_bonus", "a", bands=[band(0, None, 5_001)]), gives("top_up_discount", "b", bands=[band(0, None, 5_000)]))],
     [layers(gives("top_up_bonus", "a", bands=[band(0, None, 5_001)]), gives("cashback", "b", bands=[band(0, None, 5_000)]))]),
    # Where rewards go.
    ("a purse that is not there", "layers.0.into", "unknown_purse",
     [("layers.0.into", "points")],
     [("purses", [PURSE]), ("layers.0.into", "points")]),
    ("cashback into the loaded balance", "layers.0.into", "not_into_charged",
     [("layers.0.into", "charged")],
     [layers(gives("top_up_bonus", into="charged"))]),
    ("a discount in a purse", "layers.0.into", "discount_has_no_purse",
     [("purses", [PURSE]), layers(gives("discount", into="points"))],
     [("purses", [PURSE]), layers(gives("discount"))]),
    ("a payback in a purse", "layers.0.into", "payback_has_its_purse",
     [("purses", [PURSE]), layers(gives("payback", into="points"))],
     [layers(gives("payback"))]),
    ("an expiry of nothing", "purses.0.expires_after", "expiry_unclear",
     [("purses", [PURSE | {"expires_after": {}}])],
     [("purses", [PURSE | {"expires_after": {"years": 5}}])]),
    ("an expiry of both", "purses.0.expires_after", "expiry_unclear",
     [("purses", [PURSE | {"expires_after": {"years": 1, "months": 1}}])],
     [("purses", [PURSE | {"expires_after": {"months": 13}}])]),
    ("a group that is not there", "layers.0.exclusive", "unknown_group",
     [("layers.0.exclusive", "g")],
     [("groups", [{"id": "g", "counts": "highest"}]), ("layers.0.exclusive", "g")]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "code", "wrong"), [each[1:4] for each in MENDED], ids=[each[0] for each in MENDED])
def test_a_document_has_this_fault_and_no_other(path: str, code: str, wrong: Changes) -> None:
    assert faults_of(document(*wrong)) == {(path, code)}


@pytest.mark.parametrize("mended", [each[4] for each in MENDED], ids=[each[0] for each in MENDED])
def test_the_corrected_document_is_valid(mended: Changes) -> None:
    assert canonical_document(document(*mended))["programme"] == "haneul"


def _codes_in_the_code() -> set[str]:
    """Every code in the rules of validation: the second of three yielded values, or the type of a pydantic error."""
    found: set[str] = set()
    files = {*POLICY.glob("validation*.py"), *POLICY.glob("document*.py")} - {POLICY / "document_warnings.py"}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 3:
                code = node.value.elts[1]
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PydanticCustomError":
                code = node.args[0]
            else:
                continue
            if isinstance(code, ast.Constant):
                found.add(code.value)
    return found | {"fact_not_known_at_top_up", "fact_not_of_a_shop", "limit_of_two_acts", "group_of_two_acts"}


OF_A_HISTORY = {"other_programme", "repeated_version", "measure_changed"}
OF_SIZE = {"too_large"}


def test_every_fault_of_the_code_has_a_case() -> None:
    seen = {code for _, _, code, _, _ in MENDED} | {fault[3] for fault in FAULTS}
    assert _codes_in_the_code() - OF_A_HISTORY - OF_SIZE <= seen


@pytest.mark.parametrize("code", sorted(_codes_in_the_code() | {code for _, _, code, _, _ in MENDED}))
def test_every_fault_is_explained(code: str) -> None:
    assert f"`{code}`" in PAGE
