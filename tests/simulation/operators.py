"""Further operations under all forms of policies: operators change budgets, and rewards expire."""

import random
from contextlib import suppress
from datetime import timedelta

from eeum.budget.appropriations import Grounds
from eeum.budget.use_cases import CloseYear, Supplement, close_year, scope_of, supplement
from eeum.months.rules import MonthStatus, frozen
from eeum.months.store import MonthStore
from eeum.request import Request
from eeum.storage import ConditionsFailed, Storage
from eeum.wallet.expiry_store import ExpiryStore
from eeum.wallet.sweeping import Sweeping
from tests.patience import patience_of
from tests.simulation.city import PROGRAMME, Simulated
from tests.simulation.operations import Operation, _ask, _key, _wallet

GROUNDS = Grounds("추경", "시의회 의결")
NOTICE = timedelta(minutes=2)


def supplement_line(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Supplement a line of this year or, late, of the last one."""
    line, won = chance.choice(city.lines.all), chance.choice((1, 999, 5_000, 40_000))
    request = Request.of("operator", scope_of(line.fiscal_year), _key(chance), {"line": line.id, "won": won})
    _ask(
        city,
        storage,
        lambda through: (
            supplement(Supplement(request, line.fiscal_year, line.id, won, GROUNDS), city.administering(through)).entry
        ),
    )


def suspend(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Suspend some layers of all versions for some hours or days, in an emergency."""
    layers = sorted({layer.id for version in city.versions for layer in version.layers})
    start = city.now + NOTICE + timedelta(seconds=chance.randrange(3_600))
    until = start + timedelta(hours=chance.choice((1, 30, 200)))
    city.suspend(frozenset(chance.sample(layers, chance.randint(1, 4))), start, until)


def close(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Close a year that is over; money that comes back to it later is kept separately."""
    years = {line.fiscal_year for line in city.lines.all}
    if city.now.year - 1 not in years or chance.random() < OPEN:
        return
    year = city.now.year - 1
    request = Request.of("operator", scope_of(year), _key(chance), {"close": year})
    months = MonthStore(storage, patience_of(), PROGRAMME)
    december = months.month(f"{year}-12")
    if december is not None and december.status is not MonthStatus.FROZEN:
        # Another operation may have closed the year first.
        with suppress(ConditionsFailed):
            months.freeze(frozen(december, city.now))
    close_year(CloseYear(request, year, GROUNDS), city.administering(storage))


def sweep(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Sweep expired rewards from a wallet, as the closing of its month does."""
    wallets = city.wallet_store(storage)
    wallet = wallets.wallet(_wallet(city, chance))
    assert wallet is not None
    city.focus.append(wallet.id)
    Sweeping(wallets, ExpiryStore(storage, patience_of()), patience_of()).wallet(wallet, city.now)


OPEN = 0.4
"""How often a year stays open for longer."""

OF_OPERATORS: dict[str, tuple[Operation, float]] = {
    "supplement": (supplement_line, 0.7),
    "suspend": (suspend, 0.15),
    "close": (close, 0.5),
    "sweep": (sweep, 1.5),
}
