"""The daily root: one hash over the heads of all wallets' chains, kept where no one who can write the tables can change it.

A person who changes an entry can recompute its whole chain, but not the root of the day before. The heads are stored beside each root, so
that the audit can name a wallet that no longer agrees. docs/decisions/0017 gives the reasons.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from eeum.audit.links import HeadOf
from eeum.audit.partition import Deviation
from eeum.calendar import SEOUL, text_of

SETTLED = timedelta(minutes=10)
"""How long after its midnight a root is made: by that time, all that was accepted before it is stored."""

MOST_NAMED = 1_000
"""Wallets that a report names for one root. If more disagree, their number says enough."""

Line = str
"""The head of a wallet's chain as text: wallet id, length and hash, separated by spaces."""


@dataclass(frozen=True, slots=True)
class Root:
    """The root of a day, as of the midnight that ends it. `previous` is the hash of the root document before; empty for the first."""

    date: str
    as_of: str
    wallets: int
    root: str
    previous: str

    def document(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


class AnotherRoot(Exception):
    """The day already has a different root: roots are never overwritten."""


class RootStore(Protocol):
    """Where roots are kept: a folder, or a bucket with object lock."""

    def dates(self) -> list[str]:
        """The days that have a root, the earliest first."""

    def root(self, date: str) -> Root | None: ...

    def heads(self, date: str) -> Iterator[Line]:
        """The heads that the root of a day covers, in their order; none if they are missing."""

    def add_heads(self, date: str, heads: Iterable[Line]) -> None:
        """Store the heads of a day, before their root, and read all of `heads`; the same again does nothing. Raises `AnotherRoot`."""

    def add(self, root: Root) -> None:
        """Store a root, after its heads; storing the same again does nothing. Raises `AnotherRoot`."""


def last_midnight(now: datetime) -> datetime:
    return now.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)


def as_of_date(date: str) -> str:
    """The midnight that ends a day, as text: the instant of its root."""
    return text_of(datetime.fromisoformat(date).replace(tzinfo=SEOUL) + timedelta(days=1))


def head_line(head: HeadOf) -> Line:
    return f"{head.wallet_id} {head.length} {head.hash}"


def document_hash(root: Root) -> str:
    return hashlib.sha256(root.document().encode()).hexdigest()


class MerkleTree:
    """The Merkle tree (RFC 6962: separate prefixes for leaves and nodes, an odd one moves up) over ordered lines, one after another.

    It holds the roots of whole subtrees only: as many hashes as the number of lines has binary digits.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._whole: list[tuple[int, bytes]] = []
        """Whole subtrees from the left, with their heights, each lower than the one before."""

    def add(self, line: Line) -> None:
        self.lines += 1
        height, node = 0, hashlib.sha256(b"\0" + line.encode()).digest()
        while self._whole and self._whole[-1][0] == height:
            height, node = height + 1, _node(self._whole.pop()[1], node)
        self._whole.append((height, node))

    def through(self, lines: Iterable[Line]) -> Iterator[Line]:
        """`lines`, each added when it is read."""
        for line in lines:
            self.add(line)
            yield line

    def root(self) -> str:
        if not self._whole:
            return hashlib.sha256(b"").hexdigest()
        *others, (_, node) = self._whole
        for _, left in reversed(others):
            node = _node(left, node)
        return node.hex()


def merkle_root(lines: Iterable[Line]) -> str:
    tree = MerkleTree()
    for line in lines:
        tree.add(line)
    return tree.root()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def date_of(as_of: datetime) -> str:
    """The day that a midnight ends."""
    return (as_of.astimezone(SEOUL) - timedelta(days=1)).strftime("%Y-%m-%d")


def store_root(roots: RootStore, as_of: datetime, heads: Iterable[Line], before: Root | None) -> Root:
    """Store the root as of a midnight with its heads, which are in order and read once. Raises `AnotherRoot`."""
    tree = MerkleTree()
    roots.add_heads(date_of(as_of), tree.through(heads))
    root = Root(date_of(as_of), text_of(as_of), tree.lines, tree.root(), document_hash(before) if before else "")
    roots.add(root)
    return root


def verify_root(stored: Root, stored_heads: Iterable[Line], heads: Iterable[Line]) -> list[Deviation]:
    """Compare the root of a day with the ledger; `heads` are the ledger's heads as of the same instant. Both are in order.

    Of the wallets that disagree, `MOST_NAMED` are named; one deviation gives the number of the others.
    """
    tree = MerkleTree()
    wrong: list[Deviation] = []
    further = 0
    for wallet_id, known, now in _side_by_side(tree.through(stored_heads), heads):
        if known == now:
            continue
        if len(wrong) == MOST_NAMED:
            further += 1
            continue
        before = f"by the root of {stored.date}, its chain ended with {_words(known)} at {stored.as_of}"
        what = f"{before}; in the ledger it now ends with {_words(now)}"
        wrong.append(Deviation(wallet_id, "root_disagrees", "WALLET", what))
    if (tree.root(), tree.lines) != (stored.root, stored.wallets):
        what = f"the root of {stored.date} does not match the heads stored with it"
        return [Deviation("", "root_damaged", stored.date, what)]
    if further:
        wrong.append(Deviation("", "root_disagrees", stored.date, f"{further} further wallets disagree with it"))
    return wrong


def _side_by_side(known: Iterator[Line], now: Iterable[Line]) -> Iterator[tuple[str, str | None, str | None]]:
    """Each wallet with its head in both, None where it is missing. A wallet out of order appears as missing in the other."""
    stored, current = map(_split, known), map(_split, now)
    one, other = next(stored, None), next(current, None)
    while one or other:
        if other is None or (one is not None and one[0] < other[0]):
            assert one
            yield one[0], one[1], None
            one = next(stored, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other[1]
            other = next(current, None)
        else:
            yield one[0], one[1], other[1]
            one, other = next(stored, None), next(current, None)


def _split(line: Line) -> tuple[str, str]:
    wallet_id, _, head = line.partition(" ")
    return wallet_id, head


def verify_order(stored: Mapping[str, Root | None]) -> list[Deviation]:
    """Check that each root can be read, belongs to its day, and names the root before it; `stored` is in order of days."""
    wrong = []
    before: Root | None = None
    for date, root in stored.items():
        if root is None:
            wrong.append(Deviation("", "root_damaged", date, "the root cannot be read"))
        elif (root.date, root.as_of) != (date, as_of_date(date)):
            wrong.append(Deviation("", "root_damaged", date, f"its own date is {root.date}, as of {root.as_of}"))
        elif before is not None and root.previous != document_hash(before):
            wrong.append(Deviation("", "root_damaged", date, f"it does not follow the root of {before.date}"))
        before = root or before
    return wrong


class RootsChecked(NamedTuple):
    """The days whose roots were verified, the deviations, and the root that was stored now, if one was due."""

    verified: list[str]
    deviations: list[Deviation]
    stored: Root | None


def _words(head: str | None) -> str:
    if head is None:
        return "no wallet"
    length, _, link = head.partition(" ")
    return f"link {length} ({link})" if link else "no link"
