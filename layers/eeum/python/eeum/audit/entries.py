"""Check each entry by itself: its postings balance and fit its kind, and its id and key belong to one request."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from eeum.audit.forms import rewards_by_name
from eeum.audit.partition import Findings, Item, Partition, digest_in
from eeum.calendar import month_of, parse_instant
from eeum.ids import digest_of, entry_id

HELD, REFUND_PENDING, CASHBACK = "purse/held", "purse/refund_pending", "purse/cashback"
Postings = dict[str, int]

_WITHOUT_DISCOUNT = 3
"""How many numbers describe the cancelled part of a capture; a further number is the discount in it."""


def check_entries(partition: Partition, findings: Findings) -> None:
    findings.each(partition.entries, lambda entry: _check_postings(entry, findings))
    findings.each(partition.entries, lambda entry: _check_key(entry, findings))


def _check_postings(entry: Item, findings: Findings) -> None:
    kind, sk = entry["kind"], entry["sk"]
    if kind not in POSTINGS:
        findings.add("kind_unknown", sk, f"{kind} is not a kind of entry")
        return
    postings = entry.get("postings", {})
    if any(type(won) is not int or won == 0 for won in postings.values()):
        findings.add("postings_not_won", sk, f"amounts must be whole won other than zero: {postings}")
    elif sum(postings.values()) != 0:
        findings.add("postings_unbalanced", sk, f"they sum to {sum(postings.values())} won: {postings}")
    expected = POSTINGS[kind](entry)
    if postings != expected:
        same_accounts = set(postings) == set(expected)
        check = "postings_amounts" if same_accounts else "postings_accounts"
        findings.add(check, sk, f"they are {postings}, but its fields give {expected}")


def _top_up(entry: Item) -> Postings:
    declined = entry.get("decline") is not None
    if declined or entry["status"] != "completed":
        return {}
    postings: Postings = {str(entry["caller"]): -entry["amount"], "purse/charged": entry["amount"]}
    for reward in entry.get("rewards", ()):
        if "into" not in reward:
            # The bank pays less by this discount.
            add_to(postings, str(entry["caller"]), reward["won"])
        else:
            add_to(postings, f"purse/{reward['into']}", reward["won"])
        for funder, won in reward["funders"]:
            add_to(postings, f"funder/{funder}", -won)
    return without_zeros(postings)


def _payment(entry: Item) -> Postings:
    if entry.get("decline") is not None or entry["status"] == "declined":
        return {}
    target = HELD if entry["status"] == "held" else f"merchant_payable/{entry['merchant_id']}"
    postings: Postings = {f"purse/{purse_id}": -won for purse_id, won in entry["paid_from"]}
    for _, funder, won in discount_parts(entry):
        add_to(postings, account_of(funder, entry["merchant_id"]), -won)
    return {**postings, target: entry["amount"]}


def _capture(entry: Item) -> Postings:
    return {HELD: -entry["amount"], f"merchant_payable/{entry['paid_to']}": entry["amount"]}


def _release(entry: Item) -> Postings:
    return {HELD: -entry["amount"], **{f"purse/{purse_id}": won for purse_id, won in entry["returned"]}}


def _cancellation(entry: Item) -> Postings:
    won = sum(won for _, won, *_ in entry["of"])
    postings = {f"merchant_payable/{entry['paid_to']}": -won, REFUND_PENDING: won - given_off(entry["of"])}
    for _, funder, given in entry.get("discounts", ()):
        add_to(postings, account_of(funder, entry["paid_to"]), given)
    return without_zeros(postings)


def _earning(entry: Item) -> Postings:
    postings: Postings = {}
    for reward in rewards_by_name(entry["rewards"]):
        for funder, won in reward["funders"]:
            add_to(postings, account_of(funder, entry["paid_to"]), -won)
        add_to(postings, f"purse/{reward.get('into', 'cashback')}", reward["won"])
    return without_zeros(postings)


def _correction(entry: Item) -> Postings:
    """Add refund and release to `cashback`, which `eeum.audit.cashback` checks against the policies."""
    postings = dict(entry["cashback"])
    add_to(postings, CASHBACK, entry["recovered"])
    add_to(postings, REFUND_PENDING, given_off(entry["cancelled"]) - sum(won for _, _, won, *_ in entry["cancelled"]))
    for purse_id, won in entry["released"]:
        add_to(postings, f"purse/{purse_id}", won)
    return without_zeros(postings)


def _expiry(entry: Item) -> Postings:
    postings: Postings = {}
    for purse_id, won in entry["purses"].items():
        add_to(postings, f"purse/{purse_id}", -won)
        add_to(postings, f"expired/{purse_id.partition('@')[0]}", won)
    return postings


def _none(_: Item) -> Postings:
    return {}


POSTINGS: Mapping[str, Callable[[Item], Postings]] = {
    "top_up": _top_up,
    "payment": _payment,
    "progress": _none,
    "capture": _capture,
    "release": _release,
    "cancellation": _cancellation,
    "earning": _earning,
    "correction": _correction,
    "expiry": _expiry,
    "standing": _none,
    "statement": _none,
}
"""Postings that follow from an entry's own fields, in won by account. Add a line here for each new kind.

See also `REQUESTED`, and `LINKED` of `eeum.audit.partition`.
"""

REQUESTED = {
    "top_up": "TOP_UP#",
    "payment": "PAYMENT#",
    "capture": "CAPTURE#",
    "release": "RELEASE#",
    "cancellation": "CANCELLATION#",
}
"""Kinds that a request makes, and how their keys begin."""


def _check_key(entry: Item, findings: Findings) -> None:
    kind, sk = entry["kind"], entry["sk"]
    if kind in REQUESTED:
        _check_requested(entry, findings)
    elif kind == "earning":
        month = entry["accepted_at"][:7]
        capture = sk.rpartition("#")[2]
        expected = f"EARNING#{month}#{digest_of(entry['payment_id'])}#{capture}"
        findings.unequal("key_of_another_entry", sk, "its key", sk, expected)
    elif kind == "correction":
        further = f"{entry['part'][0]}#" if entry.get("part", (0,))[0] else ""
        expected = f"CORRECTION#{entry['month']}#{further}{digest_of(entry['cancellation_id'])}"
        findings.unequal("key_of_another_entry", sk, "its key", sk, expected)
    elif kind == "expiry":
        expected = f"EXPIRY#{entry.get('chain', {}).get('length', 0):08}"
        findings.unequal("key_of_another_entry", sk, "its key", sk, expected)


def _check_requested(entry: Item, findings: Findings) -> None:
    kind, sk = entry["kind"], entry["sk"]
    accepted_at = parse_instant(entry["accepted_at"], "accepted_at")
    digest = entry["request"] if kind == "release" else digest_in(entry)
    expected = entry_id(accepted_at, digest)
    findings.unequal("id_of_another_request", sk, "its id", entry["id"], expected)
    findings.unequal("key_of_another_entry", sk, "its key", sk, f"{REQUESTED[kind]}{digest_in(entry)}")
    if kind in ("payment", "capture"):
        findings.unequal("month_of_another_instant", sk, "its month", entry["month"], month_of(accepted_at))
    if kind in ("payment", "top_up"):
        declined = entry["status"] == "declined"
        reasoned = entry.get("decline") is not None
        findings.unequal("decline_without_reason", sk, "whether it has a reason", reasoned, declined)
    if kind not in ("release", "cancellation") and (type(entry["amount"]) is not int or entry["amount"] <= 0):
        findings.add("amount_not_won", sk, f"its amount is {entry['amount']}")
    if kind in ("capture", "cancellation"):
        findings.unequal("payment_of_another_id", sk, "its payment", entry["payment"], digest_of(entry["payment_id"]))
    if kind == "cancellation":
        expected_amount = sum(won for _, won, *_ in entry["of"])
        findings.unequal("amount_not_won", sk, "its amount", entry["amount"], expected_amount)


def discount_parts(payment: Item) -> list[tuple[str, str, int]]:
    """Each funder's part of each discount of a payment, in stored order: layer, funder, won."""
    return [
        (layer, funder, won) for layer, _, _, funders in payment.get("discounts", ()) for funder, won in funders if won
    ]


def given_off(cancelled: Iterable[Sequence[Any]]) -> int:
    """The won of a discount among those cancelled, which the member never paid: the fourth number, if there is one."""
    return sum(each[3] for each in cancelled if len(each) > _WITHOUT_DISCOUNT)


def account_of(funder: str, merchant_id: str) -> str:
    return f"merchant_reward/{merchant_id}" if funder == "merchant" else f"funder/{funder}"


def add_to(postings: dict[str, int], account: str, won: int) -> None:
    postings[account] = postings.get(account, 0) + won


def without_zeros(postings: Mapping[str, Any]) -> Postings:
    return {account: won for account, won in postings.items() if won}
