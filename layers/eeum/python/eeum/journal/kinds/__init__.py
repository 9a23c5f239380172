"""The registry of entry kinds: each is one module here and one line below.

The audit keeps a table of its own on purpose (`eeum.audit.entries`): it must not share an error with what it checks.
"""

from collections.abc import Mapping

from eeum.journal.entry_kind import EntryKind
from eeum.journal.kinds import cancellation, capture, correction, earning, expiry, payment, release, top_up
from eeum.storage import Item

KINDS: Mapping[str, EntryKind] = {
    module.KIND.name: module.KIND
    for module in (
        top_up,
        payment,
        capture,
        release,
        cancellation,
        earning,
        correction,
        expiry,
    )
}
"""Every kind of entry by name. Whatever else the ledger table holds is no entry and moves no money."""

_OTHER = EntryKind(name="", prefix="", codec="", is_linked=False)
"""What a ledger may hold that a later version stored: it counts in balances, at its acceptance, and on no line of a statement."""


def kind_of(item: Item) -> EntryKind:
    """The kind of a stored entry. Raises `KeyError` for an item without one."""
    return KINDS.get(item["kind"], _OTHER)


AWAIT_POSTING = tuple(kind for kind in KINDS.values() if kind.awaits_posting)
"""What the accrual posts for."""

POSTINGS = tuple(kind for kind in KINDS.values() if kind.is_posting)
"""What the accrual posts."""
