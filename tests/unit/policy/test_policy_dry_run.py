"""The dry run of a policy: its output in words and as JSON, and the faults of events that cannot be run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eeum.dry_run.events import course_of
from eeum.dry_run.outcomes import Outcome, dry_run
from eeum.errors import PolicyRefused
from eeum.policy.__main__ import main
from eeum.policy.documents import parse_policy
from eeum.policy.rules import RewardKind
from tests.unit.policy.policy_documents import document, layer

PAGE = (Path(__file__).parents[3] / "docs" / "policy-language" / "trying.md").read_text(encoding="utf-8")
NOON = "2026-01-05T12:00:00+09:00"
POOL = {"id": "p", "window": "month", "amount": 1_000}
PURSE = {"id": "points", "title": {"ko": "포인트", "en": "Points"}, "expires_after": {"months": 1}}


def events(*each: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**more, "events": [{"at": NOON, **event} for event in each]}


def outcomes(changes: list[tuple[str, Any]], *each: dict[str, Any], **more: Any) -> list[Outcome]:
    policy = parse_policy(document(*changes))
    return dry_run([policy], course_of(events(*each, **more), [policy]))


FACTS = "events.0.facts"
FAULTS = [
    ("neither payment nor top-up", events({"gift": 1}), "events.0", "unknown_event"),
    ("both", events({"payment": 1, "top_up": 1}), "events.0.top_up", "extra_forbidden"),
    ("a cancellation of nothing", events({"cancel": 1}), "events.0.cancel", "unknown_payment"),
    ("a cancelled top-up", events({"top_up": 1}, {"cancel": 1}), "events.1.cancel", "unknown_payment"),
    ("no events", {"events": []}, "events", "too_short"),
    ("no list of events", {}, "events", "missing"),
    ("nothing paid", events({"payment": 0}), "events.0.payment", "greater_than_equal"),
    ("a fraction of a won", events({"payment": 1.5}), "events.0.payment", "int_type"),
    ("an unknown word", events({"payment": 1, "shopp": "a"}), "events.0.shopp", "extra_forbidden"),
    ("an unknown fact", events({"payment": 1, "facts": {"weather": "rain"}}), FACTS + ".weather", "extra_forbidden"),
    ("a shop at a top-up", events({"top_up": 1, "facts": {"merchant_category": "a"}}), FACTS + ".merchant_category", "extra_forbidden"),
    ("no instant", events({"payment": 1, "at": "noon"}), "events.0.at", "instant_format"),
    ("no offset", events({"payment": 1, "at": "2026-01-05T12:00:00"}), "events.0.at", "timezone_aware"),
    ("before the policy", events({"payment": 1, "at": "2025-12-31T23:59:59+09:00"}), "events.0.at", "before_the_policy"),
    ("out of order", events({"payment": 1}, {"payment": 1, "at": "2026-01-05T11:59:59+09:00"}), "events.1.at", "out_of_order"),
    ("an unknown shop", events({"payment": 1, "shop": "cafe"}), "events.0.shop", "unknown_shop"),
    ("an unknown district",
     events({"payment": 1, "facts": {"merchant_district": "west"}}), FACTS + ".merchant_district", "unknown_district"),
    ("an unknown home",
     events({"payment": 1, "facts": {"member_district": "west"}}), FACTS + ".member_district", "unknown_district"),
    ("an unknown category",
     events({"payment": 1}, shops={"a": {"merchant_category": "zoo"}}), "shops.a.merchant_category", "unknown_category"),
    ("an unknown flag",
     events({"payment": 1, "facts": {"merchant_flags": ["partner", "x"]}}), FACTS + ".merchant_flags.1", "unknown_flag"),
    ("an unknown purse", events({"payment": 9, "paid_from": {"points": 1}}), "events.0.paid_from.points", "unknown_purse"),
    ("the loaded balance", events({"payment": 9, "paid_from": {"charged": 1}}), "events.0.paid_from.charged", "charged_pays_the_rest"),
    ("more than the price", events({"payment": 9, "paid_from": {"grants": 10}}), "events.0.paid_from", "more_than_the_price"),
    ("an unknown pool", events({"payment": 9}, pools={"p": 1}), "pools.p", "unknown_pool"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "path", "code"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS])
def test_faulty_events_are_reported_with_path_and_code(wrong: Any, path: str, code: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        course_of(wrong, [parse_policy(document())])
    assert [(where, what) for where, what, _ in refused.value.problems] == [(path, code)]


OF_ANY_SHAPE = {
    "extra_forbidden",
    "too_short",
    "missing",
    "greater_than_equal",
    "int_type",
    "instant_format",
    "timezone_aware",
}


@pytest.mark.parametrize("code", sorted({each[3] for each in FAULTS} - OF_ANY_SHAPE))
def test_every_fault_of_events_is_explained(code: str) -> None:
    assert f"`{code}`" in PAGE


def files(folder: Path, *contents: Any) -> list[str]:
    paths = [folder / f"{number}.json" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return [str(path) for path in paths]


def test_it_prints_what_each_event_gets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = events({"payment": 290_000}, {"payment": 20_000}, {"top_up": 100})
    assert main(["try", *files(tmp_path, document(), course)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1. 2026-01-05 (Mon) 12:00:00  payment of 290,000 won  [haneul-2026-01-01]",
        "     base  29,000 won cashback, funded by national 14,500, city 14,500",
        "     left: monthly-spend 10,000 of 300,000 (2026-01)",
        "2. 2026-01-05 (Mon) 12:00:00  payment of 20,000 won  [haneul-2026-01-01]",
        "     base  1,000 won cashback, on 10,000 of 20,000 won, funded by national 500, city 500",
        "     left: monthly-spend 0 of 300,000 (2026-01)",
        "3. 2026-01-05 (Mon) 12:00:00  top-up of 100 won  [haneul-2026-01-01]",
        "     declined: below the smallest top-up of 10,000 won",
        "In all: 30,000 won cashback (funded by national 15,000, city 15,000)",
    ]


def test_versions_follow_each_other_and_use_the_same_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = document(
        ("version", "haneul-2026-01-22"),
        ("starts_at", "2026-01-22T00:00:00+09:00"),
        ("layers.0.bands.0.rate_basis_points", 500),
    )
    course = events({"payment": 200_000}, {"payment": 200_000, "at": "2026-01-22T00:00:00+09:00"})
    assert main(["try", *files(tmp_path, later, document(), course), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(event["policy"], event["layers"][0]["won"]) for event in told["events"]] == [
        ("haneul-2026-01-01", 20_000),
        ("haneul-2026-01-22", 5_000),
    ]
    assert told["funders"] == {"national": 12_500, "city": 12_500}
    assert told["events"][1]["limits"] == [
        {"id": "monthly-spend", "window": "2026-01", "used": 300_000, "amount": 300_000, "carried": 0, "left": 0}
    ]


@pytest.mark.parametrize(
    ("policy", "course", "code"),
    [
        (document(("layers.0.limits", [])), events({"payment": 1}), "bands_need_a_limit"),
        (document(), "", "not_json"),
        (document(), events({"payment": 0}), "greater_than_equal"),
        ("[", events({"payment": 1}), "not_json"),
    ],
    ids=["a fault of the policy", "no events", "a fault of the events", "no policy"],
)
def test_only_the_faults_of_faulty_input_are_printed(
    policy: Any, course: Any, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["try", *files(tmp_path, policy, course)]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith(f"[{code}]")


def why(changes: list[tuple[str, Any]], *each: dict[str, Any]) -> list[str | None]:
    return [told.why_not for told in outcomes(changes, *each)[-1].layers]


TAXI = {"fact": "channel", "in": ["taxi"]}


@pytest.mark.parametrize(
    ("changes", "course", "reason"),
    [
        ([], [{"payment": 9_999, "paid_from": {"grants": 9_999}}], "no_base"),
        ([("layers.0.when", TAXI)], [{"payment": 1}], "condition"),
        ([], [{"payment": 300_000}, {"payment": 1}], "limit"),
        ([("layers.0.bands.0.rate_basis_points", 0)], [{"payment": 1}], "nothing_here"),
        (
            [
                ("limits.0.window", "event"),
                ("limits.0.from", "2026-02-01T00:00:00+09:00"),
                ("limits.0.until", "2026-03-01T00:00:00+09:00"),
            ],
            [{"payment": 1}],
            "event_closed",
        ),
    ],
    ids=["paid from grants", "not a taxi", "used up", "a rate of zero", "not continued"],
)  # fmt: skip
def test_it_says_why_a_layer_gives_nothing(changes: Any, course: list[dict[str, Any]], reason: str) -> None:
    assert why(changes, *course) == [reason]


def test_it_says_that_another_of_the_group_counts() -> None:
    group = [{"exclusive": "g"} | layer(name, [(None, rate)]) for name, rate in (("low", 100), ("high", 200))]
    assert why([("groups", [{"id": "g", "counts": "highest"}]), ("layers", group)], {"payment": 1_000}) == [
        "group",
        None,
    ]


def test_it_says_what_cut_a_reward_and_by_how_much() -> None:
    changes = [
        ("pools", [POOL]),
        (
            "layers",
            [
                layer("a", [(None, 1_000)], ["monthly-reward"]) | {"pools": ["p"]},
                layer("b", [(None, 1_000)], ["monthly-reward"]),
            ],
        ),
        ("limits.1.amount", 2_500),
    ]
    first, second = outcomes(changes, {"payment": 20_000})[0].layers
    assert (first.won, first.cuts) == (1_000, (("p", 1_000),))
    assert (second.won, second.cuts) == (1_500, (("monthly-reward", 500),))


def test_a_reward_is_spendable_until_its_last_moment_and_not_after_it() -> None:
    changes = [("purses", [PURSE]), ("layers.0.into", "points")]
    spend = {"payment": 600, "paid_from": {"points": 500}}
    last, late = "2026-02-28T23:59:59.999+09:00", "2026-03-01T00:00:00+09:00"
    # The 100 won from the loaded balance earned 10 points in February, which expire with March.
    earned, spent, gone = outcomes(changes, {"payment": 10_000}, {**spend, "at": last}, {**spend, "at": late})
    assert earned.layers[0].purse is not None
    assert earned.layers[0].purse.id == "points@2026-02"
    assert (spent.declined, spent.paid_from, spent.base) == (None, (("points@2026-02", 500), ("charged", 100)), 100)
    assert gone.declined == "points holds 10 won that can pay this, not 500"


def test_a_discount_leaves_less_to_be_drawn_from_a_purse() -> None:
    discount = layer("off", [(None, 1_000)]) | {"gives": "discount"}
    (outcome,) = outcomes([("layers", [discount])], {"payment": 1_000, "paid_from": {"grants": 950}})
    assert (outcome.price, outcome.paid_from, outcome.base) == (900, (("grants", 900),), 0)


def test_nothing_is_given_after_the_end() -> None:
    changes = [("ends_at", NOON)]
    before, after = outcomes(changes, {"payment": 1_000, "at": "2026-01-05T11:59:59+09:00"}, {"payment": 1_000})
    assert [told.won for told in before.layers] == [100]
    assert after.layers == ()


def test_a_shop_that_is_excluded_cannot_be_paid() -> None:
    (outcome,) = outcomes([], {"payment": 1_000, "facts": {"merchant_category": "large_mart"}})
    assert outcome.declined == "the programme excludes this shop"


def test_facts_of_an_event_add_to_those_of_its_shop() -> None:
    shops = {"stall": {"merchant_category": "bookshop", "channel": "qr"}}
    plain, taxi = outcomes(
        [], {"payment": 1, "shop": "stall"}, {"payment": 1, "shop": "stall", "facts": {"channel": "taxi"}}, shops=shops
    )
    assert (plain.event.facts.merchant_category, plain.event.facts.channel) == ("bookshop", "qr")
    assert (taxi.event.facts.merchant_category, taxi.event.facts.channel) == ("bookshop", "taxi")


def test_a_file_can_state_what_is_left_of_a_pool() -> None:
    changes = [("pools", [POOL]), ("layers.0.pools", ["p"])]
    (outcome,) = outcomes(changes, {"payment": 1_000}, pools={"p": 30})
    assert (outcome.layers[0].won, outcome.pools[0].left) == (30, 0)


def test_a_top_up_uses_a_limit_once_that_a_layer_and_the_wallet_share() -> None:
    bonus = layer("bonus", [(None, 1_000)], ["topped-up"]) | {"gives": "top_up_bonus", "into": "cashback"}
    changes = [
        ("limits", [{"id": "topped-up", "measure": "top_up", "window": "month", "amount": 300_000}]),
        ("wallet.top_up_limits", ["topped-up"]),
        ("layers", [bonus]),
    ]
    first, second, third = outcomes(changes, {"top_up": 200_000}, {"top_up": 100_000}, {"top_up": 10_000})
    assert [each.limits[0].used for each in (first, second)] == [200_000, 300_000]
    assert [each.layers[0].won for each in (first, second)] == [20_000, 10_000]
    assert third.declined == "beyond a limit on top-ups"


def test_a_later_version_that_lowers_a_pool_takes_nothing_of_it_away() -> None:
    made = [("pools", [POOL]), ("layers.0.pools", ["p"])]
    lower = ("version", "lower"), ("starts_at", "2026-01-06T00:00:00+09:00"), ("pools", [POOL | {"amount": 100}])
    versions = [parse_policy(document(*made)), parse_policy(document(*made, *lower))]
    course = course_of(events({"payment": 2_000}, {"payment": 20_000, "at": "2026-01-07T12:00:00+09:00"}), versions)
    first, second = dry_run(versions, course)
    assert (first.layers[0].won, second.layers[0].won) == (200, 800), "1,000 won were put up"
    assert (second.pools[0].amount, second.pools[0].left) == (1_000, 0)


def test_a_cancellation_takes_back_what_its_part_got_and_lets_later_ones_gain() -> None:
    pay = [{"payment": 290_000}, {"payment": 20_000}]
    *_, undone = outcomes([], *pay, {"cancel": 1, "amount": 190_000})
    assert (undone.declined, undone.price, undone.paid_from) == (None, 190_000, (("charged", 190_000),))
    assert undone.changes == ((1, "base", RewardKind.CASHBACK, -19_000), (2, "base", RewardKind.CASHBACK, 1_000))
    assert undone.limits[0].left == 180_000


def test_what_cannot_be_cancelled_is_refused_with_the_reason() -> None:
    *_, once, twice = outcomes([], {"payment": 1_000}, {"cancel": 1}, {"cancel": 1})
    assert once.price == 1_000
    assert twice.declined is not None


def test_limits_on_top_ups_hold_after_the_end_and_layers_use_none() -> None:
    """Decision 0030: these limits are terms of wallets, like the smallest top-up."""
    changes = [
        ("ends_at", NOON),
        ("limits", [{"id": "t", "measure": "top_up", "window": "month", "amount": 100_000}, document()["limits"][0]]),
        ("wallet.top_up_limits", ["t"]),
    ]
    paid, first, second = outcomes(changes, {"payment": 50_000}, {"top_up": 100_000}, {"top_up": 10_000})
    assert [(each.id, each.used) for each in paid.limits] == [("monthly-spend", 0), ("t", 0)]
    assert (first.declined, second.declined) == (None, "beyond a limit on top-ups")


def test_it_prints_a_cancellation_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = events({"payment": 100_000}, {"cancel": 1, "amount": 40_000})
    assert main(["try", *files(tmp_path, document(), course)]) == 0
    assert capsys.readouterr().out.splitlines()[3:] == [
        "2. 2026-01-05 (Mon) 12:00:00  cancellation of 40,000 won of event 1  [haneul-2026-01-01]",
        "     back: 40,000 won to charged 40,000",
        "     base  -4,000 won for event 1",
        "     left: monthly-spend 240,000 of 300,000 (2026-01)",
        "In all: 6,000 won cashback (funded by national 3,000, city 3,000)",
    ]
