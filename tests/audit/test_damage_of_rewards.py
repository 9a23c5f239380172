"""Damage to discounts, bonuses, and rewards over every kind of window: each kind is found under its check."""

import copy
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from eeum.audit.partition import Deviation
from eeum.calendar import SEOUL
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Table
from tests.audit.damaging import Change, Damage, assert_found, book_with, deviations, ledger_of
from tests.audit.life import Items
from tests.use_cases.command_policies import Document, appropriate, january_2021, layer, limit, world_under

LAST = datetime(2021, 3, 20, 9, 0, tzinfo=SEOUL)
CARRIES = {"carries_over_from": "2021-01-01T00:00:00+09:00"}


def _document() -> Document:
    """A discount and a bonus with limits of half a month and a month, an unlimited discount, and cashback with carry-over."""
    return january_2021(
        limits=[
            limit("coupon-reward", "reward", 4_000, "half_month"),
            limit("bonus-reward", "reward", 6_000),
            limit("top-ups", "top_up", 900_000),
            limit("weekly-market", "spend", 50_000, "half_month", **CARRIES),
            limit("of-the-year", "reward", 1_000_000, "year"),
        ],
        layers=[
            layer("coupon", "discount", 1_000, limits=["coupon-reward"], funders={"city": 2, "merchant": 1}),
            layer("always", "discount", 100, funders={"national": 1}),
            layer("bonus", "top_up_bonus", 500, limits=["bonus-reward"], into="charged"),
            layer("rebate", "top_up_discount", 100),
            layer("market", "cashback", 300, limits=["weekly-market", "of-the-year"]),
        ],
        wallet={
            "minimum_top_up": 1_000,
            "holding_limit": 2_000_000,
            "holding_limit_verified": 5_000_000,
            "top_up_limits": ["top-ups"],
        },
    )


@cache
def _policies() -> PolicyBook:
    return book_with(_document())


@cache
def _lived() -> Items:
    world = world_under(_document())
    appropriate(world, 5_500, layers=["bonus"])
    appropriate(world, 1_000, layers=["market"])
    payer, shop = world.member(charged=0), world.shop()
    world.now = datetime(2021, 1, 10, 9, 0, tzinfo=SEOUL)
    world.top_up(payer, 100_000)
    world.top_up(payer, 400_000)
    world.top_up(payer, 600_000)
    payments = []
    for day, amount in ((12, 20_000), (14, 70_000), (20, 33_333), (28, 30_000), (35, 12_345), (50, 40_001)):
        world.now = datetime(2021, 1, 1, 12, 0, tzinfo=SEOUL) + timedelta(days=day)
        payments.append(world.pay(payer, shop, amount).entry)
        world.accrue(payments[-1])
    hold = world.pay(payer, shop, 9_000, hold=True).entry
    world.accrue(world.capture(hold, 5_000).entry)
    for payment, amount in ((payments[1], 33_333), (payments[1], 1), (payments[2], None), (payments[5], 40_000)):
        world.now += timedelta(minutes=1)
        world.accrue(world.cancel(payment, amount).entry)
    assert {item["decline"] for item in world.memory.items(Table.LEDGER) if item["kind"] == "top_up"} == {
        None,
        "top_up_limit_exceeded",
    }
    return ledger_of(world)


@pytest.fixture
def life() -> Items:
    return copy.deepcopy(_lived())


def _deviations(items: Items) -> list[Deviation]:
    return deviations(items, LAST, _policies())


def _first(items: Items, start: str, has: str) -> dict[str, Any]:
    """The earliest entry with this start of its key and this attribute."""
    found = [item for key, item in items.items() if key.sk.startswith(start) and has in item]
    return min(found, key=lambda item: item.get("accepted_at", ""))


def _on(start: str, has: str, change: Change) -> Damage:
    return lambda items: change(_first(items, start, has))


def _more(where: dict[str, Any] | list[Any], name: Any, won: int) -> None:
    where[name] += won


def _uncut(entry: dict[str, Any]) -> None:
    """Remove the budget's cut from the reward; the discount that the budget did not pay is still missing."""
    entry.pop("ceilings")


DAMAGE: dict[str, tuple[str, Damage]] = {
    "a discount that is too high": ("given_in_command", _on("PAYMENT#", "discounts", lambda e: _more(e["discounts"][0], 1, 1))),
    "a discount by another funder": (
        "given_in_command",
        _on("PAYMENT#", "discounts", lambda e: e["discounts"][0][3].reverse()),
    ),
    "a discount without postings of its funder": (
        "postings_accounts",
        _on("PAYMENT#", "discounts", lambda e: e["postings"].pop("funder/national")),
    ),
    "a discount that uses no limit": (
        "taken_in_command",
        _on("PAYMENT#", "taken", lambda e: e["taken"]["used"].clear()),
    ),
    "the same version of limit usage twice": ("taken_version", _on("PAYMENT#", "taken", lambda e: e["taken"].update(version=1))),
    "a bonus that is too high": ("given_in_command", _on("TOP_UP#", "rewards", lambda e: _more(e["rewards"][0], "won", 1))),
    "a bonus in another purse": (
        "postings_accounts",
        _on("TOP_UP#", "rewards", lambda e: e["rewards"][0].update(into="cashback")),
    ),
    "a funded amount that cuts nothing": ("ceiling", _on("TOP_UP#", "rewards", lambda e: e.update(ceilings={"rebate": 10**6}))),
    "a shortfall that is not recorded": ("given_in_command", _on("TOP_UP#", "ceilings", _uncut)),
    "a top-up beyond its limit": (
        "limit_exceeded",
        _on("TOP_UP#", "rewards", lambda e: e.update(amount=900_001)),
    ),
    "a wallet with less limit usage": (
        "taken",
        _on("WALLET", "taken", lambda e: e["taken"]["used"].update({"coupon-reward@2021-02-2": 0})),
    ),
    "a wallet with an earlier version of limit usage": ("taken", _on("WALLET", "taken", lambda e: _more(e["taken"], "version", -1))),
    "a discount given back twice": (
        "discount_back",
        _on("CANCELLATION#", "discounts", lambda e: _more(e["discounts"][0], 2, 1)),
    ),
    "a refund of a discount": ("postings_amounts", _on("CANCELLATION#", "discounts", lambda e: _more(e["of"][0], 3, -1))),
    "limit usage given back in full": (
        "taken_back",
        _on("CANCELLATION#", "taken", lambda e: [_more(e["taken"]["used"], key, 1) for key in e["taken"]["used"]]),
    ),
    "a window of another half": (
        "cashback_used",
        _on("EARNING#2021-01#", "used", lambda e: e["used"].update({"weekly-market@2021-01-2": e["used"].pop("weekly-market@2021-01-1")})),
    ),
    "a carry-over used twice": (
        "limit_exceeded",
        _on("EARNING#2021-02#", "used", lambda e: _more(e["used"], "weekly-market@2021-02-1", 100_001)),
    ),
    "a discount without a layer": (
        "given_without_policy",
        lambda items: next(
            item for item in items.values() if item["kind"] == "payment" and item["status"] == "held"
        ).update(discounts=[["always", 90, [], [["national", 90]]]]),
    ),
}  # fmt: skip


def test_an_undamaged_ledger_with_all_rewards_has_no_deviation(life: Items) -> None:
    assert _deviations(life) == []
    kinds = {
        (item["kind"], name)
        for item in life.values()
        for name in ("discounts", "rewards", "taken", "ceilings")
        if name in item
    }
    assert kinds >= {
        ("payment", "discounts"), ("payment", "taken"), ("top_up", "rewards"), ("top_up", "taken"), ("top_up", "ceilings"),
        ("earning", "rewards"), ("cancellation", "discounts"), ("cancellation", "taken"), ("wallet", "taken"),
    }  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_under_its_check(life: Items, damage: str) -> None:
    check, do = DAMAGE[damage]
    do(life)
    assert_found(check, _deviations(life))
