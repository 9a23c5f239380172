"""A release: what was still held goes back to the member, voided, expired or reversed."""

from eeum.journal.entry_kind import EntryKind

KIND = EntryKind(
    name="release",
    prefix="RELEASE#",
    codec="eeum.payments.items:release_of",
    is_linked=True,
    moves_outside=False,
    line=lambda _: "released",
)
