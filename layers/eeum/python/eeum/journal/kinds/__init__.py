"""The registry of entry kinds: each kind has a module here and a line below.

The audit has separate tables on purpose (`eeum.audit.entries`, `eeum.audit.partition`), so that it does not share an error with the
entries it checks. docs/contributing.md lists all that a new kind needs.
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
"""Every kind of entry by name. Other items of the ledger table are not entries and move no money."""

_OTHER = EntryKind(name="", prefix="", codec="", is_linked=False)
"""An entry stored by a later version: it counts in balances at its acceptance, and on no line of a statement."""


def kind_of(item: Item) -> EntryKind:
    """The kind of a stored entry. Raises `KeyError` for an item that is not an entry."""
    return KINDS.get(item["kind"], _OTHER)


AWAIT_POSTING = tuple(kind for kind in KINDS.values() if kind.awaits_accrual)
"""Kinds that require an accrual."""

POSTINGS = tuple(kind for kind in KINDS.values() if kind.is_accrual)
"""Kinds that the accrual stores."""
