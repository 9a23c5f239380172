"""An expiry: rewards that were not spent in time leave their purses."""

from eeum.journal.entry_kind import EntryKind

KIND = EntryKind(
    name="expiry",
    prefix="EXPIRY#",
    codec="eeum.wallet.expiry_store:expiry_of_item",
    is_linked=True,
)
