"""Each form of reward at edges that the examples of docs/policy-language do not show."""

from __future__ import annotations

from typing import Any

import pytest

from eeum.dry_run.events import course_of
from eeum.dry_run.outcomes import dry_run
from eeum.policy.documents import parse_policy
from tests.unit.policy.policy_documents import document, layer

Changes = list[tuple[str, Any]]
FROM, UNTIL = "2026-05-05T10:00:00+09:00", "2026-05-06T00:00:00+09:00"
PARTNER = {"fact": "merchant_flags", "has": "partner"}
TAXI = {"fact": "channel", "in": ["taxi"]}
AT_PARTNER: dict[str, Any] = {"merchant_flags": ["partner"]}


def limit(name: str, measure: str, amount: int | None, window: str = "month", **more: Any) -> dict[str, Any]:
    return {"id": name, "measure": measure, "window": window, "amount": amount, **more}


def event(name: str, measure: str, amount: int | None) -> dict[str, Any]:
    return limit(name, measure, amount, "event", **{"from": FROM, "until": UNTIL})


def rules(limits: list[dict[str, Any]], *layers: dict[str, Any], **more: Any) -> Changes:
    return [("limits", limits), ("layers", list(layers)), *more.items()]


def tenth(name: str = "a", limits: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return layer(name, [(None, 1_000)], limits) | more


def steps(name: str, limits: tuple[str, ...] = (), **words: Any) -> dict[str, Any]:
    made = {key: value for key, value in layer(name, [(None, 1)], limits).items() if key != "bands"}
    return made | {"steps": words}


def paid(at: str, won: int, facts: dict[str, Any] | None = None, kind: str = "payment") -> dict[str, Any]:
    return {kind: won, "at": f"{at}+09:00"} | ({"facts": facts} if facts else {})


def topped_up(at: str, won: int) -> dict[str, Any]:
    return paid(at, won, kind="top_up")


GROUP = [{"id": "g", "counts": "highest"}]
FIRST = [{"id": "g", "counts": "first"}]
POOLS = [{"id": "small", "window": "month", "amount": 900}, {"id": "large", "window": "year", "amount": 2_500}]
YEARLY = limit("y", "reward", 1_000, "year", carries_over_from="2026-01-01T00:00:00+09:00")
HALF = limit("h", "spend", 1_000, "half_month", carries_over_from="2026-02-01T00:00:00+09:00")

FORMS: list[tuple[str, Changes, list[tuple[dict[str, Any], list[int]]]]] = [
    ("an event opens at its first instant and is closed at its last",
     rules([event("e", "reward", 9_999)], tenth(limits=("e",))), [
        (paid("2026-05-05T09:59:59.999", 1_000), [0]),
        (paid("2026-05-05T10:00:00", 1_000), [100]),
        (paid("2026-05-05T23:59:59.999", 1_000), [100]),
        (paid("2026-05-06T00:00:00", 1_000), [0]),
    ]),
    ("what counts all counts nothing outside of its event",
     rules([event("e", "spend", None)], layer("a", [(500, 0), (None, 1_000)], ["e"], counts="all")), [
        (paid("2026-05-05T09:00:00", 10_000), [0]),
        (paid("2026-05-05T11:00:00", 600), [10]),
        (paid("2026-05-05T12:00:00", 1_000), [100]),
    ]),
    ("of the first half of February is the 15th, of the second the 16th",
     rules([limit("h", "spend", 1_000, "half_month")], tenth(limits=("h",))), [
        (paid("2026-02-15T23:59:59", 5_000), [100]),
        (paid("2026-02-16T00:00:00", 5_000), [100]),
        (paid("2026-02-28T23:59:59", 5_000), [0]),
        (paid("2026-03-01T00:00:00", 5_000), [100]),
    ]),
    ("a half of a month carries over into the next half, over the month's end",
     rules([HALF], tenth(limits=("h",))), [
        (paid("2026-01-31T12:00:00", 400), [40]),
        (paid("2026-02-01T00:00:00", 5_000), [100]),
        (paid("2026-02-16T00:00:00", 400), [40]),
        (paid("2026-03-01T00:00:00", 5_000), [160]),
        (paid("2026-04-01T00:00:00", 5_000), [200]),
    ]),
    ("a year carries a reward over, once",
     rules([YEARLY], tenth(limits=("y",))), [
        (paid("2026-12-31T23:59:59", 4_000), [400]),
        (paid("2027-01-01T00:00:00", 50_000), [1_600]),
        (paid("2028-01-01T00:00:00", 50_000), [1_000]),
        (paid("2030-01-01T00:00:00", 50_000), [2_000]),
    ]),
    ("bands continue through what was carried over",
     rules(
         [limit("m", "spend", 1_000, carries_over_from="2026-01-01T00:00:00+09:00")],
         layer("a", [(1_000, 1_000), (2_000, 500)], ["m"]),
     ), [
        (paid("2026-01-10T00:00:00", 300), [30]),
        (paid("2026-02-10T00:00:00", 5_000), [135]),
    ]),
    ("a cap on each payment, whatever the month's limit still has",
     rules([limit("m", "reward", 500)], tenth("a", ("m",)) | {"most_at_once": 300}), [
        (paid("2026-01-10T00:00:00", 2_999), [299]),
        (paid("2026-01-10T00:00:01", 3_000), [201]),
        (paid("2026-02-10T00:00:00", 3_001), [300]),
        (paid("2026-02-10T00:00:01", 90_000), [200]),
     ]),
    ("what a cap on each payment keeps away leaves the spend counted",
     rules([limit("m", "spend", 5_000)], tenth("a", ("m",)) | {"most_at_once": 300}), [
        (paid("2026-01-10T00:00:00", 4_000), [300]),
        (paid("2026-01-10T00:00:01", 4_000), [100]),
     ]),
    ("a cap on each payment decides which of a group gives most",
     rules([], tenth("a", exclusive="g") | {"most_at_once": 50}, layer("b", [(None, 600)]) | {"exclusive": "g"}, groups=GROUP), [
        (paid("2026-01-10T00:00:00", 500), [50, 0]),
        (paid("2026-01-10T00:00:01", 1_000), [0, 60]),
     ]),
    ("a limit counts across two products",
     rules(
         [limit("m", "spend", 1_000)],
         tenth("card", ("m",), when={"fact": "card_product", "in": ["gold"]}),
         layer("paper", [(None, 500)], ["m"], when={"not": {"fact": "card_product", "in": ["gold"]}}),
     ), [
        (paid("2026-01-10T00:00:00", 600, {"card_product": "gold"}), [60, 0]),
        (paid("2026-01-10T00:00:01", 600), [0, 20]),
        (paid("2026-01-10T00:00:02", 600, {"card_product": "gold"}), [0, 0]),
    ]),
    ("in a group of which the first counts, the first that accepts something",
     rules([], layer("a", [(None, 100)], when=PARTNER) | {"exclusive": "g"}, tenth("b", exclusive="g"), groups=FIRST), [
        (paid("2026-01-10T00:00:00", 1_000, AT_PARTNER), [10, 0]),
        (paid("2026-01-10T00:00:01", 99, AT_PARTNER), [0, 0]),
        (paid("2026-01-10T00:00:02", 1_000), [0, 100]),
    ]),
    ("a layer that accepts and gives nothing loses against one that gives",
     rules(
         [limit("r", "reward", 0)],
         tenth("a", ("r",), exclusive="g"),
         layer("b", [(None, 1)]) | {"exclusive": "g"},
         groups=GROUP,
     ), [
        (paid("2026-01-10T00:00:00", 10_000), [0, 1]),
        (paid("2026-01-10T00:00:01", 9_999), [0, 0]),
    ]),
    ("the others of a group use none of their limits",
     rules(
         [limit("m", "spend", 1_000)],
         tenth("a", ("m",), exclusive="g"),
         layer("b", [(None, 2_000)], when=PARTNER) | {"exclusive": "g"},
         groups=GROUP,
     ), [
        (paid("2026-01-10T00:00:00", 900, AT_PARTNER), [0, 180]),
        (paid("2026-01-10T00:00:01", 5_000), [100, 0]),
    ]),
    ("one of a group that counts all counts what another is chosen for (decision 0030)",
     rules(
         [limit("m", "spend", 1_000)],
         tenth("a", ("m",), exclusive="g", counts="all"),
         layer("b", [(None, 2_000)], when=PARTNER) | {"exclusive": "g"},
         groups=GROUP,
     ), [
        (paid("2026-01-10T00:00:00", 900, AT_PARTNER), [0, 180]),
        (paid("2026-01-10T00:00:01", 5_000), [10, 0]),
    ]),
    ("a group has steps and bands beside each other",
     rules(
         [],
         steps("a", per="payment", every=1_000, gives=70) | {"exclusive": "g"},
         layer("b", [(None, 500)]) | {"exclusive": "g"},
         groups=GROUP,
     ), [
        (paid("2026-01-10T00:00:00", 1_000), [70, 0]),
        (paid("2026-01-10T00:00:01", 1_399), [70, 0]),
        (paid("2026-01-10T00:00:02", 1_400), [70, 0]),
        (paid("2026-01-10T00:00:03", 1_420), [0, 71]),
    ]),
    ("a layer gets what the emptier of its pools has",
     rules([], tenth("a", pools=["large", "small"]), pools=POOLS), [
        (paid("2026-01-10T00:00:00", 8_000), [800]),
        (paid("2026-01-10T00:00:01", 8_000), [100]),
        (paid("2026-02-01T00:00:00", 20_000), [900]),
        (paid("2026-03-01T00:00:00", 20_000), [700]),
        (paid("2026-04-01T00:00:00", 20_000), [0]),
        (paid("2027-01-01T00:00:00", 20_000), [900]),
    ]),
    ("what a pool does not fund leaves more of a reward limit to the next layer",
     rules([limit("r", "reward", 1_000)], tenth("a", ("r",), pools=["small"]), tenth("b", ("r",)), pools=POOLS), [
        (paid("2026-01-10T00:00:00", 10_000), [900, 100]),
        (paid("2026-02-10T00:00:00", 5_000), [500, 500]),
    ]),
    ("a group has chosen before its pool is seen to be empty",
     rules(
         [],
         tenth("a", exclusive="g", pools=["small"]),
         layer("b", [(None, 100)]) | {"exclusive": "g"},
         pools=POOLS,
         groups=GROUP,
     ), [
        (paid("2026-01-10T00:00:00", 9_000), [900, 0]),
        (paid("2026-01-10T00:00:01", 9_000), [0, 0]),
    ]),
    ("steps of a window give nothing twice, whatever the payments",
     rules(
         [limit("m", "spend", None)],
         steps("a", ("m",), per="window", reached=[{"from": 1_000, "gives": 10}, {"from": 3_000, "gives": 100}]),
     ), [
        (paid("2026-01-10T00:00:00", 999), [0]),
        (paid("2026-01-10T00:00:01", 1), [10]),
        (paid("2026-01-10T00:00:02", 1_999), [0]),
        (paid("2026-01-10T00:00:03", 1), [90]),
        (paid("2026-01-10T00:00:04", 50_000), [0]),
        (paid("2026-02-01T00:00:00", 3_000), [100]),
    ]),
    ("a payment that reaches no step uses no limit",
     rules([limit("m", "spend", 1_500)], steps("a", ("m",), per="payment", every=1_000, gives=50)), [
        (paid("2026-01-10T00:00:00", 999), [0]),
        (paid("2026-01-10T00:00:01", 1_000), [50]),
        (paid("2026-01-10T00:00:02", 5_000), [0]),
    ]),
    ("of discounts the one listed first takes the last won",
     rules(
         [],
         layer("a", [(None, 6_000)], when=TAXI) | {"gives": "discount"},
         layer("b", [(None, 6_000)], when=TAXI) | {"gives": "discount"},
     ), [
        (paid("2026-01-10T00:00:00", 1_000, {"channel": "taxi"}), [600, 399]),
        (paid("2026-01-10T00:00:01", 1, {"channel": "taxi"}), [0, 0]),
    ]),
    ("of discounts that exclude one another one counts",
     rules(
         [],
         tenth("a", gives="discount", exclusive="g"),
         steps("b", per="payment", every=500, gives=60) | {"gives": "discount", "exclusive": "g"},
         groups=GROUP,
     ), [
        (paid("2026-01-10T00:00:00", 499), [49, 0]),
        (paid("2026-01-10T00:00:01", 500), [0, 60]),
    ]),
    ("a discount on so much spend a month",
     rules([limit("d", "spend", 1_000)], tenth("a", ("d",), gives="discount"), tenth("b")), [
        (paid("2026-01-31T23:59:59", 700), [70, 63]),
        (paid("2026-01-31T23:59:59.999", 700), [30, 67]),
        (paid("2026-02-01T00:00:00", 700), [70, 63]),
    ]),
    ("a bonus by the year, and a discount beside it",
     rules(
         [limit("t", "top_up", 50_000, "year"), limit("r", "reward", 1_500)],
         tenth("a", ("t",), gives="top_up_bonus"),
         layer("b", [(None, 500)], ["r"]) | {"gives": "top_up_discount"},
     ), [
        (topped_up("2026-01-10T00:00:00", 20_000), [2_000, 1_000]),
        (topped_up("2026-01-10T00:00:01", 40_000), [3_000, 500]),
        (topped_up("2026-02-01T00:00:00", 10_000), [0, 500]),
        (topped_up("2027-01-01T00:00:00", 10_000), [1_000, 500]),
    ]),
    ("time over midnight belongs to both days",
     rules(
         [],
         tenth(when={"all": [{"fact": "time_of_day", "from": "22:00", "until": "02:00"}, {"fact": "weekday", "in": ["friday"]}]}),
     ), [
        (paid("2026-01-09T01:59:59", 1_000), [100]),
        (paid("2026-01-09T02:00:00", 1_000), [0]),
        (paid("2026-01-09T23:59:59", 1_000), [100]),
        (paid("2026-01-10T00:00:00", 1_000), [0]),
    ]),
    ("days that end in five",
     rules(
         [],
         tenth(when={"any": [{"fact": "day_of_month", "at_least": day, "at_most": day} for day in (5, 15, 25)]}),
     ), [
        (paid("2026-01-14T23:59:59", 1_000), [0]),
        (paid("2026-01-15T00:00:00", 1_000), [100]),
        (paid("2026-01-16T00:00:00", 1_000), [0]),
    ]),
    ("a fact that is not known is in no range, and so in every other",
     rules(
         [],
         tenth("a", when={"fact": "member_age", "below": 20}),
         tenth("b", when={"not": {"fact": "member_age", "below": 20}}),
     ), [
        (paid("2026-01-10T00:00:00", 1_000), [0, 100]),
        (paid("2026-01-10T00:00:01", 1_000, {"member_age": 19}), [100, 0]),
        (paid("2026-01-10T00:00:02", 1_000, {"member_age": 20}), [0, 100]),
    ]),
    ("ten percent, at most 500 won a payment",
     rules(
         [],
         tenth("a", when={"fact": "amount", "at_most": 5_000}),
         steps("b", per="payment", reached=[{"from": 5_000, "gives": 500}]) | {"when": {"fact": "amount", "above": 5_000}},
     ), [
        (paid("2026-01-10T00:00:00", 4_999), [499, 0]),
        (paid("2026-01-10T00:00:01", 5_000), [500, 0]),
        (paid("2026-01-10T00:00:02", 5_001), [0, 500]),
    ]),
    ("three times a month 1,000 won for 10,000",
     rules(
         [limit("r", "reward", 3_000)],
         steps("a", ("r",), per="payment", reached=[{"from": 10_000, "gives": 1_000}]),
     ), [
        (paid("2026-01-10T00:00:00", 10_000), [1_000]),
        (paid("2026-01-11T00:00:00", 99_999), [1_000]),
        (paid("2026-01-12T00:00:00", 10_000), [1_000]),
        (paid("2026-01-31T23:59:59", 10_000), [0]),
        (paid("2026-02-01T00:00:00", 10_000), [1_000]),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "course"), [each[1:] for each in FORMS], ids=[each[0] for each in FORMS])
def test_a_form_gives_at_its_edges(changes: Changes, course: list[tuple[dict[str, Any], list[int]]]) -> None:
    policy = parse_policy(document(*changes))
    outcomes = dry_run([policy], course_of({"events": [sent for sent, _ in course]}, [policy]))
    assert [outcome.declined for outcome in outcomes] == [None] * len(course)
    given = [
        [{told.layer: told.won for told in outcome.layers}[each.id] for each in policy.layers] for outcome in outcomes
    ]
    assert given == [expected for _, expected in course]
