"""Invariants of authorised payments, and of the chain of a wallet's entries, with no code of the stores."""

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

Item = dict[str, Any]


def check_payments(wallet: Item, entries: Sequence[Item]) -> None:
    """Captures do not exceed the hold, nor cancellations the captures; the wallet has the sums of what is held and of pending refunds."""
    kinds: dict[str, list[Item]] = defaultdict(list)
    for entry in entries:
        kinds[entry["kind"]].append(entry)
    by_key = {entry["sk"]: entry for entry in entries}
    payments = {payment["sk"].partition("#")[2]: payment for payment in kinds["payment"]}
    for kind in ("capture", "cancellation"):
        assert {entry["payment"] for entry in kinds[kind]} <= payments.keys(), kind
    held = sum(_held_of(digest, payment, kinds, by_key) for digest, payment in payments.items())
    assert wallet["purses"]["held"]["amount"] == held, wallet
    cancelled = sum(refund_of(each) for entry in kinds["cancellation"] for each in entry["of"])
    corrected = sum(refund_of(each) for entry in kinds["correction"] for each in entry["cancelled"])
    assert wallet["purses"]["refund_pending"]["amount"] == cancelled - corrected, wallet


def _held_of(digest: str, payment: Item, kinds: dict[str, list[Item]], by_key: dict[str, Item]) -> int:
    """What is still held of one payment, after a check of its captures, release and cancellations."""
    captures = {entry["capture"]: entry for entry in kinds["capture"] if entry["payment"] == digest}
    cancellations = [entry for entry in kinds["cancellation"] if entry["payment"] == digest]
    release, progress = by_key.get(f"RELEASE#{digest}"), by_key.get(f"PROGRESS#{digest}")
    if payment["status"] == "declined":
        assert not any((captures, cancellations, release, progress)), payment
        return 0
    amounts = {number: capture["amount"] for number, capture in sorted(captures.items())}
    if payment["status"] == "approved":
        assert not any((captures, release)), payment
        amounts = {0: payment["amount"]}
    _check_slices(payment, captures)
    cancelled: Counter[int] = Counter()
    for entry in cancellations:
        assert sum(won for _, won, *_ in entry["of"]) == entry["amount"] > 0, entry
        for number, won, *_ in entry["of"]:
            cancelled[number] += won
    assert all(0 < won <= amounts[number] for number, won in cancelled.items()), (payment, cancellations)
    released = release["amount"] if release else 0
    held: int = payment["amount"] - sum(amounts.values()) - released
    assert held >= 0, (payment, captures, release)
    if progress is None:
        assert payment["status"] == "approved", payment
        assert not cancelled, payment
        return held
    assert progress["held"] == held, (payment, progress)
    assert ("expiring" in progress) == (held > 0), progress
    stored = [(won, gone) for won, gone, _ in progress["captures"]]
    assert stored == [(won, cancelled[number]) for number, won in amounts.items()], (payment, progress)
    return held


def refund_of(cancelled: Sequence[Any]) -> int:
    """The refund of a capture's cancelled amount to the member.

    A cancellation stores capture, amount and month, a correction payment, capture and amount; a fourth value of either is the discount.
    """
    won: int = cancelled[2] if isinstance(cancelled[0], str) else cancelled[1]
    return won - sum(cancelled[3:])


def _check_slices(payment: Item, captures: dict[int, Item]) -> None:
    """Capture numbers start at 1, and captures divide the payment from its start, one after another."""
    position = 0
    for number, (found, capture) in enumerate(sorted(captures.items()), start=1):
        assert found == number, capture
        assert capture["slice"] == [position, position + capture["amount"]], capture
        assert capture["paid_from"] == taken(payment["paid_from"], *capture["slice"]), capture
        assert capture["hold_hash"] == canonical_hash(payment), capture
        position += capture["amount"]


def taken(paid_from: Sequence[Sequence[Any]], start: int, end: int) -> list[list[Any]]:
    """The amounts that each purse paid for the won from `start` to `end`."""
    found = []
    position = 0
    for purse, won in paid_from:
        part = min(end, position + won) - max(start, position)
        if part > 0:
            found.append([purse, part])
        position += won
    return found


LINKED = ("release", "earning", "correction", "expiry")
"""Kinds that are links of the wallet's chain by themselves: a new one that is, is added here."""


def check_chain(wallet: Item, entries: Sequence[Item]) -> None:
    """Each linked entry follows from the one before it and from its source; the wallet has the last head."""
    by_key = {entry["sk"]: entry for entry in entries}
    linked = sorted((entry for entry in entries if "chain" in entry), key=lambda entry: entry["chain"]["length"])
    head = ""
    for length, entry in enumerate(linked, start=1):
        link = entry["chain"]
        assert link["length"] == length, entry
        assert link["source"] == _source_of(entry, entries, by_key), entry
        head = link_hash(head, length, link["source"], canonical_hash(entry))
        assert link["head"] == head, entry
    assert wallet["chain"] == {"length": len(linked), "head": head}, wallet
    for entry in entries:
        completed = entry["kind"] == "top_up" and entry["status"] == "completed"
        assert ("chain" in entry) == (completed or entry["kind"] in LINKED), (entry["kind"], entry)


def _source_of(entry: Item, entries: Sequence[Item], by_key: dict[str, Item]) -> str:
    """The hash of an entry's source."""
    if entry["kind"] == "correction":
        return canonical_hash(by_key[f"CANCELLATION#{entry['sk'].rpartition('#')[2]}"])
    if entry["kind"] != "earning":
        return ""
    _, _, payment, capture = entry["sk"].split("#")
    if capture == "0":
        return canonical_hash(by_key[f"PAYMENT#{payment}"])
    (source,) = (
        other
        for other in entries
        if other["kind"] == "capture" and other["payment"] == payment and other["capture"] == int(capture)
    )
    return canonical_hash(source)


def link_hash(previous: str, length: int, source: str, entry: str) -> str:
    return _hash(f"{length}:{previous}:{source}:{entry}")


def canonical_hash(item: Item) -> str:
    content = {name: value for name, value in item.items() if name != "chain"}
    return _hash(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
