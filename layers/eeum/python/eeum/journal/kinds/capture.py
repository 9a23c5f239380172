"""A capture: part of a hold is paid to the merchant."""

from eeum.journal.entry_kind import EntryKind

KIND = EntryKind(
    name="capture",
    prefix="CAPTURE#",
    codec="eeum.payments.items:capture_of",
    # The posting that follows it is linked and has its hash.
    is_linked=False,
    awaits_posting=True,
    line=lambda _: "captured",
)
