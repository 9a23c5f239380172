"""Members of different wallets who need the last money of a budget at the same time.

Other operations in between are mostly on the same wallet, whose own conditions fail. Here the wallets share only the budget.
"""

import random
from contextlib import suppress

from eeum.budget.rules import fiscal_year_of
from eeum.budget.use_cases import Supplement, scope_of, supplement
from eeum.request import Request
from eeum.storage import Storage
from tests.simulation.city import Simulated
from tests.simulation.faults import FaultyStorage
from tests.simulation.operations import RACE, REFUSED, Operation, _key, _pay
from tests.simulation.operators import GROUNDS

A_FEW_WON = (1, 60, 300, 999, 2_000)


def want_the_last(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Add a few won to a line that pays discounts, and let members pay at the same time."""
    year = fiscal_year_of(city.now)
    lines = [line for line in city.lines.all if line.fiscal_year == year and "coupon" in (line.layers or ())]
    if not lines:
        return
    won = chance.choice(A_FEW_WON)
    request = Request.of("operator", scope_of(year), _key(chance), {"line": lines[0].id, "won": won})
    supplement(Supplement(request, year, lines[0].id, won, GROUNDS), city.administering(storage))
    first, *others = chance.sample(city.wallets, 4)

    def other() -> None:
        if others:
            with suppress(*REFUSED):
                _pay_from(city, others.pop(), city.memory, chance)

    _pay_from(city, first, FaultyStorage(city.memory, chance, RACE, other), chance)


def _pay_from(city: Simulated, wallet: str, storage: Storage, chance: random.Random) -> None:
    city.focus.append(wallet)
    _pay(city, storage, chance, hold=False)


LAST_WON: dict[str, tuple[Operation, float]] = {"want_the_last": (want_the_last, 1)}
