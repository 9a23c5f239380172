"""What callers of a simulated city read after their requests: the status of payments."""

import random
from typing import Any

from eeum.ids import digest_of
from eeum.payments.progress import current_status
from eeum.storage import Storage
from tests.simulation.city import Simulated
from tests.simulation.operations import Operation, _wallet


def look(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Read a member's list of payments: each status must follow from the entries.

    The list of a month is read first, then the progress of its payments; a payment that changed in between is read again.
    """
    wallet = _wallet(city, chance)
    known = city.reference.wallets.get(f"WALLET#{wallet}")
    months = sorted({at[:7] for paid in known.payments.values() if (at := _month(paid))}) if known else []
    if known is None or not months:
        return
    page = city.pay_store(storage).of_month(wallet, chance.choice(months), None)
    progress = city.progress(city.memory).progress(page.payments)
    for payment, far in zip(page.payments, progress, strict=True):
        digest = digest_of(payment.acceptance.id)
        assert digest is not None
        found, expected = current_status(payment, far).value, known.payments[digest].status_now
        assert found == expected, f"{payment.acceptance.id} is shown as {found}, but it is {expected}"


def _month(paid: Any) -> str:
    return str(paid.captures[0].accepted_at) if 0 in paid.captures else str(paid.expires_at or "")


OF_READERS: dict[str, tuple[Operation, float]] = {"look": (look, 1.5)}
