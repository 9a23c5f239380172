"""Names of shops beside their ids, for members who read what they paid. No entry has a name: it is read from the merchant."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from eeum.merchants.rules import Merchant, MerchantStatus
from eeum.merchants.store import MerchantStore

KEPT = timedelta(minutes=5)
"""How long a function uses a name after reading it."""

MOST_KEPT = 10_000
"""Names that a function keeps, about 2 MB; then it starts again."""


class Named(NamedTuple):
    """An approved merchant's name, since when it was approved, and when that was read."""

    name: str
    approved_at: datetime
    read_at: datetime


class MerchantNames:
    """The names that a function has read. Only its owner learns the name of a merchant that is not approved."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._named: dict[str, Named] = {}

    def remember(self, merchant: Merchant) -> None:
        """Keeps the name of a merchant that was read for another purpose."""
        if merchant.status is not MerchantStatus.APPROVED:
            return
        if len(self._named) >= MOST_KEPT:
            self._named.clear()
        # A payment must not fail because a name has no date: an approval without its decision counts from the application.
        approved_at = merchant.decisions[-1].decided_at if merchant.decisions else merchant.applied_at
        self._named[merchant.id] = Named(merchant.shop.name, approved_at, self._clock())

    def known(self, merchant_id: str, at: datetime) -> str | None:
        """The name of a merchant that was read already, if it was approved at the instant `at`; it reads nothing.

        What a merchant is called in an answer follows from the instant that the answer is about, so that a replay says the same.
        """
        named = self._named.get(merchant_id)
        return named.name if named and named.approved_at <= at else None

    def of(self, store: MerchantStore, asked: Sequence[tuple[str, datetime]]) -> list[str | None]:
        """The name of each merchant at its instant: a round trip for a hundred that are not kept, 1 read unit each."""
        earliest = self._clock() - KEPT
        missing = {each for each, _ in asked if each not in self._named or self._named[each].read_at < earliest}
        for merchant in store.merchants(sorted(missing)):
            self.remember(merchant)
        return [self.known(merchant_id, at) for merchant_id, at in asked]
