"""The items of one wallet, sorted for the checks, and the deviations that the checks find."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eeum.audit.forms import entry_hash
from eeum.errors import Refusal
from eeum.ids import Digest

Item = Mapping[str, Any]

LINKED = ("release", "earning", "correction", "expiry")
"""Kinds whose entries are always linked; a top-up is once it is completed. The audit's own list: a kind that is not here breaks
`chain_head` of each wallet that has an entry of it."""

CaptureOf = tuple[Digest, int]
"""A payment and a capture number; 0 is a payment captured whole at once."""

UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, IndexError, Refusal)
"""Errors that reading an entry of an unknown shape raises."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One deviation: the wallet, the check, the entry (its sort key), and the detail."""

    wallet_id: str
    check: str
    entry: str
    detail: str


class Findings:
    """Deviations of one wallet, collected by the checks."""

    def __init__(self, wallet_id: str) -> None:
        self.wallet_id = wallet_id
        self.deviations: list[Deviation] = []

    def add(self, check: str, entry: str, detail: str) -> None:
        self.deviations.append(Deviation(self.wallet_id, check, entry, detail))

    def unequal(self, check: str, entry: str, what: str, stored: Any, expected: Any) -> None:
        """Add a deviation if `stored` differs from `expected`."""
        if stored != expected:
            self.add(check, entry, f"{what} is {stored}, but must be {expected}")

    def each(self, entries: Iterable[Item], check: Callable[[Item], None]) -> None:
        """Run `check` on each entry; report one that cannot be read, and continue with the next."""
        for entry in entries:
            try:
                check(entry)
            except UNREADABLE as error:
                self.add("entry_unreadable", str(entry.get("sk")), f"{type(error).__name__}: {error}")


class Partition:
    """The items of one wallet. `sources` are approved payments and captures, by what they captured."""

    def __init__(self, partition: str, items: Sequence[Item]) -> None:
        self.wallet_id = partition.removeprefix("WALLET#")
        self.wallet: Item | None = None
        self.entries: list[Item] = []
        self.by_kind: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            if item["sk"] == "WALLET":
                self.wallet = item
            else:
                self.entries.append(item)
                self.by_kind[str(item.get("kind"))].append(item)
        self._hashes: dict[str, str] = {}
        self.payments: dict[Digest, Item] = {digest_in(item): item for item in self.by_kind["payment"]}
        self.cancellations: dict[Digest, Item] = {digest_in(item): item for item in self.by_kind["cancellation"]}
        self.sources: dict[CaptureOf, Item] = {
            (digest, 0): item for digest, item in self.payments.items() if item.get("status") == "approved"
        }
        for item in self.by_kind["capture"]:
            # An entry whose capture number is not an integer is no source; the checks report it.
            if isinstance(item.get("capture"), int):
                self.sources[str(item.get("payment")), item["capture"]] = item

    def hash_of(self, item: Item) -> str:
        """The hash of an entry, computed once."""
        sk = item["sk"]
        if sk not in self._hashes:
            self._hashes[sk] = entry_hash(item)
        return self._hashes[sk]

    @property
    def linked(self) -> list[Item]:
        """The entries that carry a link of the chain."""
        completed = [item for item in self.by_kind["top_up"] if item.get("status") == "completed"]
        return [*completed, *(item for kind in LINKED for item in self.by_kind[kind])]


def digest_in(item: Item) -> Digest:
    """The digest at the end of an entry's sort key: `PAYMENT#h`, `CORRECTION#2021-01#h`."""
    return str(item["sk"]).rpartition("#")[2]


def moved_at(item: Item) -> str:
    """When the entry's money moved, as text that sorts by time."""
    return str(item["posted_at"] if item["kind"] in ("earning", "correction") else item["accepted_at"])


def first_won(paid_from: Sequence[Sequence[Any]], won: int) -> list[tuple[str, int]]:
    """The purses that the first `won` won of a payment came from."""
    found = []
    for purse_id, amount in paid_from:
        taken = min(amount, won)
        if taken > 0:
            found.append((purse_id, taken))
        won -= taken
    return found


def between(paid_from: Sequence[Sequence[Any]], start: int, end: int) -> list[list[Any]]:
    """The purses that the won from `start` to `end` of a payment came from."""
    before = dict(first_won(paid_from, start))
    up_to = first_won(paid_from, end)
    return [[purse_id, won - before.get(purse_id, 0)] for purse_id, won in up_to if won > before.get(purse_id, 0)]
