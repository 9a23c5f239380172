"""The daily root: one hash over the heads of all wallets' chains, kept where no one who can write the tables can change it.

A person who changes an entry can recompute its whole chain, but not the root of the day before. The heads are stored beside each root, so
that the audit can name a wallet that no longer agrees. docs/decisions/0017 gives the reasons.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from eeum.audit.links import HeadOf
from eeum.audit.partition import Deviation
from eeum.calendar import SEOUL, text_of

SETTLED = timedelta(minutes=10)
"""How long after its midnight a root is made: by that time, all that was accepted before it is stored."""

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

    def heads(self, date: str) -> list[Line]:
        """The heads that the root of a day covers."""

    def add(self, root: Root, heads: Sequence[Line]) -> None:
        """Store a root with its heads; storing the same again does nothing. Raises `AnotherRoot`."""


def last_midnight(now: datetime) -> datetime:
    return now.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)


def as_of_date(date: str) -> str:
    """The midnight that ends a day, as text: the instant of its root."""
    return text_of(datetime.fromisoformat(date).replace(tzinfo=SEOUL) + timedelta(days=1))


def head_line(head: HeadOf) -> Line:
    return f"{head.wallet_id} {head.length} {head.hash}"


def document_hash(root: Root) -> str:
    return hashlib.sha256(root.document().encode()).hexdigest()


def merkle_root(lines: Iterable[Line]) -> str:
    """The root of the Merkle tree (RFC 6962: separate prefixes for leaves and nodes, an odd one moves up) over ordered lines."""
    level = [hashlib.sha256(b"\0" + line.encode()).digest() for line in lines]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\1" + one + other).digest() for one, other in zip(level[::2], level[1::2], strict=False)
        ]
        level = [*pairs, level[-1]] if len(level) % 2 else pairs
    return level[0].hex()


def root_of(as_of: datetime, heads: Iterable[Line], before: Root | None) -> tuple[Root, list[Line]]:
    """The root as of a midnight, and its lines by wallet id."""
    ordered = sorted(heads)
    date = (as_of.astimezone(SEOUL) - timedelta(days=1)).strftime("%Y-%m-%d")
    return Root(
        date, text_of(as_of), len(ordered), merkle_root(ordered), document_hash(before) if before else ""
    ), ordered


def verify_root(stored: Root, stored_heads: Sequence[Line], heads: Iterable[Line]) -> list[Deviation]:
    """Compare the root of a day with the ledger; `heads` are the ledger's heads as of the same instant."""
    if merkle_root(stored_heads) != stored.root or len(stored_heads) != stored.wallets:
        what = f"the root of {stored.date} does not match the heads stored with it"
        return [Deviation("", "root_damaged", stored.date, what)]
    known, now = _by_wallet(stored_heads), _by_wallet(heads)
    wrong = []
    for wallet_id in sorted({*known, *now}):
        if known.get(wallet_id) != now.get(wallet_id):
            before = (
                f"by the root of {stored.date}, its chain ended with {_words(known.get(wallet_id))} at {stored.as_of}"
            )
            what = f"{before}; in the ledger it now ends with {_words(now.get(wallet_id))}"
            wrong.append(Deviation(wallet_id, "root_disagrees", "WALLET", what))
    return wrong


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


def _by_wallet(lines: Iterable[Line]) -> dict[str, str]:
    return {wallet_id: head for wallet_id, _, head in (line.partition(" ") for line in lines)}


def _words(head: str | None) -> str:
    if head is None:
        return "no wallet"
    length, _, link = head.partition(" ")
    return f"link {length} ({link})" if link else "no link"
