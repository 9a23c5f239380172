"""The sources of accruals: payments captured whole, captures of holds, and cancellations, as entries of the ledger.

What the stream delivers and catching up finds is checked first (`sound_source_of`). One invalid entry must not hold up others, neither in
its batch nor in its city.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from eeum.cashback.items import correction_key, earning_key
from eeum.cashback.rules import captured_of
from eeum.errors import Refusal
from eeum.ids import digest_of, is_id
from eeum.journal.chain import entry_hash
from eeum.journal.kinds import AWAIT_POSTING, KINDS
from eeum.journal.partitions import PARTITION, partition_of
from eeum.payments.progress import Cancellation, Capture
from eeum.payments.rules import Payment
from eeum.policy.stored_facts import fault_of_facts
from eeum.storage import Item, Key

Entry = Payment | Capture | Cancellation

READERS: Mapping[str, Callable[[str, Item], Entry]] = {kind.name: kind.reader() for kind in AWAIT_POSTING}
"""How to read the entries of each kind that calls for an accrual."""


class Source(NamedTuple):
    """An entry that calls for an accrual. `hash` is what the accrual's link covers it with, `kind` the name of its kind."""

    entry: Entry
    hash: str
    kind: str

    @property
    def wallet_id(self) -> str:
        return self.entry.acceptance.wallet_id

    @property
    def key(self) -> str:
        """The key of its entry. Ids do not suffice: two requests with one key in the same millisecond have the same id."""
        return f"{partition_of(self.wallet_id)}/{KINDS[self.kind].prefix}{self.entry.acceptance.digest}"

    @property
    def order(self) -> tuple[str, bool]:
        """The order in time, with captures before the cancellations of the same instant."""
        return self.entry.acceptance.id, isinstance(self.entry, Cancellation)


def source_of(item: Item) -> Source:
    """Read an entry of the ledger. Raises `ValueError`, `KeyError`, `TypeError` or a `Refusal` for one that calls for no accrual."""
    kind = KINDS.get(item["kind"])
    if kind is None or not kind.calls_for_accrual(item):
        raise ValueError(f"the entry calls for no accrual: {item['kind']}, {item.get('status')}")
    entry = READERS[kind.name](item["pk"].removeprefix(PARTITION), item)
    if entry.postings != item["postings"]:
        raise ValueError("its postings do not match its content")
    return Source(entry, entry_hash(item), kind.name)


def claims_of(source: Source) -> list[Key]:
    """The keys of the accruals that a source calls for: one for a capture, one for each month that a cancellation affects.

    They are stored together, all or none.
    """
    entry = source.entry
    if isinstance(entry, Cancellation):
        return [correction_key(source.wallet_id, month, entry.acceptance.digest) for month in entry.months]
    captured = captured_of(entry)
    return [earning_key(captured.wallet_id, captured.month, captured.digest, captured.capture)]


class Unsound(Exception):
    """An entry that can never be accrued as it is stored. No retry mends that."""


def sound_source_of(item: Item) -> Source:
    """Read an approved payment, a capture or a cancellation. Raises `Unsound`, with the reason, when an attribute is invalid."""
    try:
        source = source_of(item)
        # Within the try, since an attribute of another type may raise here.
        fault = _fault_of(source, item)
    except (KeyError, ValueError, TypeError, AttributeError, Refusal) as error:
        raise Unsound(f"{type(error).__name__}: {error}") from error
    if fault:
        raise Unsound(fault)
    return source


def _fault_of(source: Source, item: Item) -> str | None:
    """Why the evaluation would fail on each attempt, or None. Entries that we stored are valid."""
    acceptance = source.entry.acceptance
    faults = {
        "its wallet has no id": not is_id(acceptance.wallet_id),
        "its id and its key belong to different requests": digest_of(acceptance.id) != acceptance.digest,
        "its postings are not all whole won": not all(map(_is_whole, item["postings"].values())),
        "it has no postings": not item["postings"],
        "its amount is not a whole number of won above zero": not (_is_whole(item["amount"]) and item["amount"] > 0),
    }
    found = next((fault for fault, is_so in faults.items() if is_so), None)
    if found is None and sum(item["postings"].values()) != 0:
        return "its postings do not balance"
    return found or (None if isinstance(source.entry, Cancellation) else fault_of_facts(item["facts"]))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
