"""Each kind of damage to a ledger is found under its check, at the damaged entry."""

from collections.abc import Callable
from typing import Any

import pytest

from eeum.audit.partition import Deviation
from eeum.storage import Key
from tests.audit.damaging import Damage, assert_found
from tests.audit.life import Items, audit_of, found_by, stored
from tests.stored_forms import FUNDERS, WON, with_fact


def _deviations(items: Items) -> list[Deviation]:
    return found_by(audit_of(stored(items))).deviations


def _key(items: Items, start: str, **attributes: Any) -> Key:
    """The first key with this start, of an entry with these attributes."""
    return next(
        key
        for key in sorted(items)
        if key.sk.startswith(start) and all(items[key].get(name) == value for name, value in attributes.items())
    )


def _entry(items: Items, start: str, **attributes: Any) -> dict[str, Any]:
    return items[_key(items, start, **attributes)]


def _wallet(change: Callable[[dict[str, Any]], Any]) -> Damage:
    return lambda items: change(_entry(items, "WALLET"))


def _on(start: str, change: Callable[[dict[str, Any]], Any], **attributes: Any) -> Damage:
    return lambda items: change(_entry(items, start, **attributes))


def _lost(start: str, **attributes: Any) -> Damage:
    return lambda items: items.pop(_key(items, start, **attributes))


def _moved(start: str, to: str, **attributes: Any) -> Damage:
    def move(items: Items) -> None:
        key = _key(items, start, **attributes)
        item = items.pop(key)
        items[key._replace(sk=to)] = item | {"sk": to}

    return move


def _more(where: dict[str, Any], name: str, won: int) -> None:
    where[name] = where.get(name, 0) + won


def _swap_numbers(items: Items) -> None:
    first, second = (_entry(items, "EARNING#2021-01#", number=number) for number in (1, 2))
    first["number"], second["number"] = 2, 1


ZERO = "0" * 19
DAMAGE: dict[str, tuple[str, Damage]] = {
    "a missing wallet": ("wallet_missing", _lost("WALLET")),
    "a wallet of another member": ("wallet_of_another_member", _wallet(lambda wallet: wallet.update(member="thief"))),
    "a wallet of another shape": ("wallet_unreadable", _wallet(lambda wallet: wallet.pop("purses"))),
    "a won without an entry": (
        "balance",
        _wallet(lambda wallet: _more(wallet["purses"]["charged"], "amount", 1)),
    ),
    "a purse without an entry": ("balance", _wallet(lambda wallet: wallet["purses"].update(gift={"amount": 5}))),
    "a purse below zero": ("purse_below_zero", _wallet(lambda wallet: wallet["purses"]["charged"].update(amount=-1))),
    "a debt without its reason": (
        "negative_reason",
        _wallet(lambda wallet: wallet["purses"]["cashback"].update(amount=-1)),
    ),
    "a reason without a debt": (
        "negative_reason",
        _wallet(lambda wallet: wallet.update(negative={"payment_id": "x", "at": "2021-01-20T10:00:00.000+09:00"})),
    ),
    "a missing top-up": ("balance", _lost("TOP_UP#", status="completed")),
    "a missing payment": ("posting_without_source", _lost("PAYMENT#", status="approved")),
    "a missing hold": ("payment_missing", _lost("PAYMENT#", status="held")),
    "a missing capture": ("posting_without_source", _lost("CAPTURE#")),
    "a missing release": ("progress_disagrees", _lost("RELEASE#")),
    "a missing cancellation": ("posting_without_source", _lost("CANCELLATION#")),
    "a missing earning": ("posting_number", _lost("EARNING#", number=1)),
    "a missing second earning": ("posting_missing", _lost("EARNING#", number=2)),
    "a missing correction": ("posting_missing", _lost("CORRECTION#")),
    "missing progress": ("progress_missing", _lost("PROGRESS#")),
    "postings that do not balance": (
        "postings_unbalanced",
        _on("EARNING#", lambda entry: _more(entry["postings"], "funder/city", -1)),
    ),
    "postings on another account": (
        "postings_accounts",
        _on(
            "PAYMENT#",
            lambda e: e["postings"].update({"merchant_payable/me": e["postings"].popitem()[1]}),
            status="held",
        ),
    ),
    "postings of another amount": (
        "postings_amounts",
        _on(
            "CAPTURE#",
            lambda e: [_more(e["postings"], name, 1 if won > 0 else -1) for name, won in [*e["postings"].items()]],
        ),
    ),
    "an amount that is not whole won": (
        "postings_not_won",
        _on("TOP_UP#", lambda e: e["postings"].update({"purse/charged": True}), status="completed"),
    ),
    "an entry of an unknown kind": ("kind_unknown", _on("STANDING#", lambda entry: entry.update(kind="bonus"))),
    "an entry of another shape": ("entry_unreadable", _on("CANCELLATION#", lambda entry: entry.update(of=7))),
    "a capture without a number": ("entry_unreadable", _on("CAPTURE#", lambda e: e.update(capture=[1]), capture=1)),
    "an entry with a number as its postings": (
        "entry_unreadable",
        _on("RELEASE#", lambda entry: entry.update(postings=7)),
    ),
    "an accrual number that is text": (
        "wallet_unreadable",
        _on("EARNING#", lambda entry: entry.update(number="1"), number=1),
    ),
    "an entry under another key": ("id_of_another_request", _moved("TOP_UP#", f"TOP_UP#{ZERO}")),
    "an earning in another month": ("key_of_another_entry", _moved("EARNING#2021-01", f"EARNING#2021-02#{ZERO}#0")),
    "a correction in another month": (
        "key_of_another_entry",
        _on("CORRECTION#2021-01", lambda entry: entry.update(month="2021-02")),
    ),
    "an earlier instant": (
        "id_of_another_request",
        _on("PAYMENT#", lambda e: e.update(accepted_at="2021-01-01T00:00:00.000+09:00"), status="approved"),
    ),
    "a payment in another month": (
        "month_of_another_instant",
        _on("PAYMENT#", lambda entry: entry.update(month="2021-03"), status="approved"),
    ),
    "a declined payment that moved money": (
        "decline_without_reason",
        _on("PAYMENT#", lambda entry: entry.update(status="declined"), status="approved"),
    ),
    "a capture beyond what was held": (
        "more_than_held",
        _on("CAPTURE#", lambda entry: entry.update(amount=10**6), capture=2),
    ),
    "a capture of another slice": ("capture_slice", _on("CAPTURE#", lambda e: e.update(slice=[0, 70_000]), capture=2)),
    "a capture with other facts": (
        "capture_of_another_payment",
        _on("CAPTURE#", lambda entry: entry.update(facts=with_fact(entry["facts"], "own_rate", 9_000))),
    ),
    "a capture after the hold's end": (
        "captured_after_expiry",
        _on("CAPTURE#", lambda entry: entry.update(accepted_at="2021-03-01T00:00:00.000+09:00")),
    ),
    "a capture number twice": ("capture_number", _on("CAPTURE#", lambda e: e.update(capture=1), capture=2)),
    "a changed hold": (
        "hold_changed",
        lambda items: _entry(items, f"PAYMENT#{_key(items, 'RELEASE#', reason='voided').sk.partition('#')[2]}").update(
            requested_at="2021-01-19"
        ),
    ),
    "a release of another amount": ("release_amount", _on("RELEASE#", lambda entry: entry.update(amount=1))),
    "a cancellation that is too high": (
        "more_than_captured",
        _on("CANCELLATION#", lambda entry: entry["of"][0].__setitem__(1, 10**6)),
    ),
    "a cancellation of nothing": (
        "capture_missing",
        _on("CANCELLATION#", lambda entry: entry["of"][0].__setitem__(0, 19)),
    ),
    "a cancellation in another month": (
        "month_of_another_capture",
        _on("CANCELLATION#", lambda entry: entry["of"][0].__setitem__(2, "2020-12")),
    ),
    "progress with another version": ("progress_disagrees", _on("PROGRESS#", lambda entry: _more(entry, "version", 1))),
    "an unclaimed reference": ("bank_reference", _lost("CLAIM")),
    "a reference claimed by another top-up": (
        "bank_reference",
        _on("CLAIM", lambda claim: claim.update(top_up=ZERO)),
    ),
    "a reference of another amount": ("bank_reference", _on("CLAIM", lambda claim: claim.update(amount=1))),
    "a claim without its top-up": ("bank_reference", _lost("TOP_UP#")),
    "a claim of another shape": ("bank_reference", _on("CLAIM", lambda claim: claim.pop("top_up"))),
    "progress with another end": (
        "progress_disagrees",
        _on("PROGRESS#", lambda entry: entry.update(ended_by="cancelled"), ended_by="expired"),
    ),
    "progress that ended and still holds money": (
        "progress_disagrees",
        _on("PROGRESS#", lambda entry: entry.update(ended_by="voided"), expiring="hold"),
    ),
    "progress that holds too much": ("progress_disagrees", _on("PROGRESS#", lambda entry: _more(entry, "held", 1))),
    "an accrual number twice": ("posting_number", _on("EARNING#", lambda entry: entry.update(number=2), number=1)),
    "accrual numbers in another order": ("cashback_rewards", _swap_numbers),
    "an accrual that is not counted": ("posted_count", _wallet(lambda wallet: _more(wallet, "posted", -1))),
    "a capture that is not counted": ("due_count", _wallet(lambda wallet: _more(wallet, "due", -1))),
    "an earning that is too high": (
        "cashback_rewards",
        _on("EARNING#", lambda entry: entry["rewards"][0].__setitem__(WON, 10**6), number=1),
    ),
    "another funder": (
        "cashback_rewards",
        _on("EARNING#", lambda entry: entry["rewards"][0][FUNDERS].reverse(), number=1),
    ),
    "another policy": ("cashback_policy", _on("EARNING#", lambda entry: entry.update(policy="generous"))),
    "another base": ("cashback_base", _on("EARNING#", lambda entry: _more(entry, "base", -1))),
    "another merchant's earning": ("posting_of_another_source", _on("EARNING#", lambda e: e.update(paid_to="friend"))),
    "an earning of another slice": ("posting_of_another_source", _on("EARNING#", lambda e: e.update(slice=[0, 1]))),
    "limit usage that is not counted": (
        "cashback_used",
        _on("EARNING#", lambda entry: entry.update(used={}), number=1),
    ),
    "a correction without changes": ("cashback_changes", _on("CORRECTION#", lambda entry: entry.update(changes=[]))),
    "a correction with other accounts": (
        "cashback_changes",
        _on("CORRECTION#", lambda e: e.update(cashback={"funder/me": 1, "purse/cashback": -1})),
    ),
    "a correction of another cancellation": (
        "posting_of_another_source",
        _on("CORRECTION#", lambda entry: entry["cancelled"][0].__setitem__(2, 1)),
    ),
    "a refund to another purse": ("refund", _on("CORRECTION#", lambda entry: entry.update(released=[["cashback", 1]]))),
    "an exceeded limit": (
        "limit_exceeded",
        _on("EARNING#2021-01", lambda entry: entry["used"].update({"monthly-spend": 10**9}), number=1),
    ),
    "limit usage that the wallet lacks": ("usage", _wallet(lambda wallet: wallet.update(usage={}))),
    "limit usage without an entry": ("usage", _wallet(lambda wallet: wallet["usage"].update({"other@2021-02": 5}))),
    "a chain that ends elsewhere": ("chain_head", _wallet(lambda wallet: wallet["chain"].update(head="x"))),
    "a chain that is too short": ("chain_head", _wallet(lambda wallet: _more(wallet["chain"], "length", -1))),
    "a missing link": ("not_linked", _on("EARNING#", lambda entry: entry.pop("chain"))),
    "a gap in the chain": ("chain_gap", _lost("RELEASE#")),
    "a changed source": (
        "source_changed",
        _on("PAYMENT#", lambda entry: entry.update(requested_at="2021-01-19"), status="approved"),
    ),
}


def test_an_undamaged_ledger_has_no_deviation(life: Items) -> None:
    found = found_by(audit_of(stored(life)))
    assert found.deviations == []
    kinds = {item["kind"] for item in life.values()}
    assert kinds == {
        "wallet", "top_up", "payment", "progress", "capture", "release", "cancellation", "earning", "correction", "standing",
        "bank_reference",
    }  # fmt: skip
    assert (found.wallets, found.entries, found.looked_again) == (1, len(life) - 2, 0), (
        "but the wallet and the claim of its one top-up"
    )


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_under_its_check(life: Items, damage: str) -> None:
    check, do = DAMAGE[damage]
    do(life)
    found = _deviations(life)
    assert_found(check, found)
    (wallet_id,) = {key.pk for key in life if key.sk != "CLAIM"}
    assert {each.wallet_id for each in found} == {wallet_id.removeprefix("WALLET#")}


LINKED = ("TOP_UP#", "RELEASE#", "EARNING#", "CORRECTION#")
SOURCES = ("PAYMENT#", "CAPTURE#", "CANCELLATION#")


def test_the_changed_entry_of_a_chain_is_reported(life: Items) -> None:
    """The change is one that no other check sees."""
    linked = [key for key in sorted(life) if "chain" in life[key] and key.sk != "WALLET"]
    assert {key.sk.partition("#")[0] + "#" for key in linked} == set(LINKED)
    for key in linked:
        life[key]["note"] = "added later"
        assert [(each.check, each.entry) for each in _deviations(life)] == [("link_broken", key.sk)]
        del life[key]["note"]
    assert _deviations(life) == []


def test_the_chain_covers_every_entry_that_moved_money(life: Items) -> None:
    """Earnings and corrections cover payments, captures and cancellations; captures and releases cover holds."""
    for key in sorted(life):
        waits = life[key].get("status") == "held" and not any(
            f"RELEASE#{key.sk.partition('#')[2]}" == other.sk for other in life
        )
        if not key.sk.startswith(SOURCES) or life[key].get("status") == "declined" or waits:
            continue
        life[key]["note"] = "added later"
        assert {each.check for each in _deviations(life)} <= {"source_changed", "hold_changed"}, key
        assert _deviations(life), key
        del life[key]["note"]


def test_all_deviations_are_reported_together(life: Items) -> None:
    _wallet(lambda wallet: _more(wallet["purses"]["charged"], "amount", 1))(life)
    _on("EARNING#", lambda entry: entry.update(policy="generous"))(life)
    assert {each.check for each in _deviations(life)} == {"balance", "cashback_policy", "link_broken"}
