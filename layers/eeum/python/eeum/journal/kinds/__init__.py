"""The registry of entry kinds: each is one module here and one line below.

The audit keeps a table of its own on purpose (`eeum.audit.entries`): it must not share an error with what it checks.
"""

from collections.abc import Mapping

from eeum.journal.entry_kind import EntryKind
from eeum.journal.kinds import cancellation, capture, correction, earning, expiry, payment, release, top_up

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

AWAIT_POSTING = tuple(kind for kind in KINDS.values() if kind.awaits_posting)
"""What the accrual posts for."""

POSTINGS = tuple(kind for kind in KINDS.values() if kind.is_posting)
"""What the accrual posts."""
