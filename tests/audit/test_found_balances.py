"""Entries that fit no order in which payments can have come between the links of the chain."""

from collections.abc import Mapping
from typing import Any

import pytest

from eeum.audit.debts import Returned
from eeum.audit.found_balances import MOST_ORDERS, check_found_balances
from eeum.audit.partition import Findings, Item, Partition

POINTS = "points@2021-02"
EARLY, NOW, AT_ONCE, LATE = (f"2021-01-{at}:00.000+09:00" for at in ("01T09:00", "09T09:10", "09T09:19", "20T09:00"))


def _entry(sk: str, kind: str, at: str, postings: Mapping[str, int], **more: Any) -> Item:
    own = {"posted_at": at} if kind in ("earning", "correction") else {}
    return {"sk": sk, "kind": kind, "accepted_at": at, "postings": dict(postings), **own, **more}


def _earning(length: int, at: str, postings: Mapping[str, int], payment: str = "none") -> Item:
    chain = {"length": length, "head": "", "source": ""}
    return _entry(f"EARNING#2021-01#{payment}#0", "earning", at, postings, chain=chain)


def _payment(name: str, at: str, account: str, won: int) -> Item:
    return _entry(f"PAYMENT#{name}", "payment", at, {account: -won}, status="approved")


def _correction(length: int, at: str, cashback: Mapping[str, int], **more: Any) -> Item:
    """A correction with a refund of 1,000 won."""
    item = {"cancelled": [["paid", 0, 1_000]], "cashback": dict(cashback), "recovered": 0} | more
    recovered = {"purse/cashback": item["recovered"]} if item["recovered"] else {}
    postings = {account: cashback.get(account, 0) + recovered.get(account, 0) for account in {**cashback, **recovered}}
    chain = {"length": length, "head": "", "source": ""}
    return _entry(f"CORRECTION#2021-01#{length}", "correction", at, postings, chain=chain, **item)


def _expiry(at: str, won: int) -> Item:
    """The second link of the chain: so many points expire."""
    chain = {"length": 2, "head": "", "source": ""}
    return _entry("EXPIRY#2", "expiry", at, {f"purse/{POINTS}": -won}, purses={POINTS: won}, chain=chain)


def _found(wanted: Mapping[str, int], *entries: Item) -> list[tuple[str, str]]:
    """The checks that find something, with its entry; each correction wants to move `wanted`."""
    partition, findings = Partition("WALLET#one", list(entries)), Findings("one")
    returned = {item["sk"]: Returned((), {}, wanted, item["cashback"]) for item in partition.by_kind["correction"]}
    check_found_balances(partition, returned, findings)
    return [(each.check, each.entry) for each in findings.deviations]


CASHBACK_EARNED = _earning(1, EARLY, {"purse/cashback": 500})
TAKES_300 = {"purse/cashback": -300}


@pytest.mark.parametrize("at", [EARLY, NOW, AT_ONCE, LATE])
def test_a_payment_may_come_before_a_correction_of_the_same_time(at: str) -> None:
    correction = _correction(2, NOW, TAKES_300, recovered=200)
    found = _found(TAKES_300, CASHBACK_EARNED, _payment("paid", at, "purse/cashback", 400), correction)
    assert found == ([("recovery", "CORRECTION#2021-01#2")] if at == LATE else [])


@pytest.mark.parametrize("at", [EARLY, NOW, AT_ONCE, LATE])
def test_a_payment_may_come_after_a_correction_of_the_same_time(at: str) -> None:
    correction = _correction(2, NOW, TAKES_300)
    found = _found(TAKES_300, CASHBACK_EARNED, _payment("paid", at, "purse/cashback", 200), correction)
    assert found == []
    found = _found(TAKES_300, CASHBACK_EARNED, _payment("paid", at, "purse/cashback", 201), correction)
    expected = ("recovery", "CORRECTION#2021-01#2") if at == EARLY else ("overdrawn", "PAYMENT#paid")
    assert found == [expected]


def test_a_payment_comes_before_its_own_earning() -> None:
    """The earning is link 2, so the cashback was spent before the correction, whatever its instant says."""
    paid = _payment("paid", AT_ONCE, "purse/cashback", 100)
    earned = _earning(2, NOW, {"purse/cashback": 1}, "paid")
    correction = _correction(3, NOW, TAKES_300 | {"purse/cashback": -500}, recovered=0)
    assert _found({"purse/cashback": -500}, CASHBACK_EARNED, paid, earned, correction) == [
        ("recovery", "CORRECTION#2021-01#3")
    ]


POINTS_EARNED = _earning(1, EARLY, {f"purse/{POINTS}": 500})
WANTED = {f"purse/{POINTS}": -300}


@pytest.mark.parametrize("at", [EARLY, NOW, LATE])
def test_a_purse_pays_all_that_it_has(at: str) -> None:
    spent = _payment("paid", at, f"purse/{POINTS}", 400)
    from_purse = _correction(2, NOW, WANTED)
    lacking = _correction(2, NOW, {f"purse/{POINTS}": -100, "purse/cashback": -200}, recovered=200)
    expected = ("taken_back", "CORRECTION#2021-01#2") if at == EARLY else ("overdrawn", "PAYMENT#paid")
    assert _found(WANTED, POINTS_EARNED, spent, from_purse) == [expected]
    assert (_found(WANTED, POINTS_EARNED, spent, lacking) == []) == (at != LATE)


@pytest.mark.parametrize(("gone", "recovered", "found"), [(200, 0, False), (0, 200, True), (100, 100, True)])
def test_what_had_expired_pays_before_cashback(gone: int, recovered: int, *, found: bool) -> None:
    expiry = _expiry(EARLY, 500)
    earned = _earning(3, EARLY, {f"purse/{POINTS}": 100}, "other")
    cashback = {f"purse/{POINTS}": -100, "expired/points": -gone, "purse/cashback": -recovered}
    correction = _correction(4, NOW, cashback, recovered=recovered, expired={POINTS: gone} if gone else {})
    assert bool(_found(WANTED, POINTS_EARNED, expiry, earned, correction)) == found


def test_an_expiry_takes_all_that_a_purse_has() -> None:
    expiry = _expiry(NOW, 400)
    assert _found({}, POINTS_EARNED, expiry) == [("expiry", "EXPIRY#2")]
    assert _found({}, POINTS_EARNED, _payment("paid", NOW, f"purse/{POINTS}", 100), expiry) == []


def test_balances_are_known_again_after_too_many_orders() -> None:
    many = [_payment(str(won), NOW, "purse/cashback", 2**won) for won in range(MOST_ORDERS.bit_length() + 1)]
    spent = sum(-item["postings"]["purse/cashback"] for item in many)
    earned = _earning(1, EARLY, {"purse/cashback": spent + 300})
    unknown = _correction(2, NOW, {}, recovered=7)
    wrong = _correction(3, LATE, TAKES_300, recovered=8)
    found = _found({}, earned, *many, unknown, wrong)
    assert found == [("recovery", "CORRECTION#2021-01#3")]


@pytest.mark.parametrize(
    ("postings", "found"),
    [
        ({"postings": {"purse/charged": 50, "funder/city": -50}}, [("expiry", "EXPIRY#2")]),
        ({"postings": {f"purse/{POINTS}": 50}}, []),
        ({"postings": {"purse/cashback": -50}}, []),
        ({}, []),
    ],
)
def test_an_entry_of_an_unknown_kind_hides_only_the_balances_that_it_may_have_moved(
    postings: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    """Beside any such entry, the check once looked at nothing: the simulated city has them, so two mutants escaped the audit."""
    bonus = {**_entry("BONUS#1", "bonus", EARLY, {}), **postings}
    if not postings:
        del bonus["postings"]
    expiry = _expiry(NOW, 400)
    assert _found({}, POINTS_EARNED, bonus, expiry) == found
