"""Where the money of what a command gives comes from, over the command's attempts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from eeum.errors import Busy
from eeum.policy.rules import Gives, PolicyVersion
from eeum.storage import ConditionsFailed, Item, Key, Table, Write
from eeum.unit_of_work import Patience
from eeum.wallet.giving import Grants, Unlimited

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets, Funding
    from eeum.budget.rules import Funds


class Granting:
    """One command's grants. `budgets` are asked for only where a policy gives anything within such a command."""

    def __init__(self, budgets: Callable[[], Budgets] | None, wallet_id: str, gives: frozenset[Gives]) -> None:
        self._budgets = budgets
        self._wallet_id = wallet_id
        self._gives = gives
        self._funding: Funding | None = None

    def keys(self, policy: PolicyVersion | None, at: datetime) -> Sequence[Key]:
        """What is to be read with the command's own items: a sub-line of the year where there are budgets, or nothing."""
        if policy is None or self._budgets is None or not policy.acting(self._gives):
            return ()
        if self._funding is None:
            self._funding = self._budgets().funding(self._wallet_id, at)
        return self._funding.keys([(policy, at)])

    def grants(self, items: Mapping[Key, Item | None]) -> OneGrant:
        """What can be granted in this attempt, by what was read."""
        return OneGrant(self._funding, self._funding.funds(items) if self._funding else None)


class OneGrant:
    """The grants of one attempt, and the way to keep what was decided on them."""

    def __init__(self, funding: Funding | None = None, funds: Funds | None = None) -> None:
        self._funding = funding
        self._funds = funds

    @property
    def source(self) -> Grants:
        return self._funds or Unlimited()

    def keep(self, store: Callable[[Patience, Sequence[Write]], None], patience: Patience) -> None:
        """Stores the decision with `store`, together with the writes that fund it.

        Raises `ConditionsFailed` when all must be read and decided again: something was missing and is looked for first, or what was
        drawn on is no longer there. Near the end of the money others are not waited for: what they leave is decided on at once.
        """
        if self._funding is None or self._funds is None:
            store(patience, ())
        elif self._funds.missing:
            self._funding.refill(self._funds)
            raise ConditionsFailed(())
        else:
            keep_funded(self._funding, self._funds, store, patience)

    def give_back(self, policy: PolicyVersion, parts: Iterable[tuple[str, str, int]], at: datetime) -> None:
        """Gives back what was granted at `at`, by layer and funder."""
        if self._funds is None:
            return
        by_layer: dict[str, dict[str, int]] = {}
        for layer_id, name, won in parts:
            by_layer.setdefault(layer_id, {})[name] = won
        for layer in policy.layers:
            if layer.id in by_layer:
                self._funds.give_back(policy, layer, by_layer[layer.id], at)


def keep_funded(
    funding: Funding, funds: Funds, store: Callable[[Patience, Sequence[Write]], None], patience: Patience
) -> None:
    """Stores something with the writes that fund it, and records whether the funding writes failed."""
    shared = bool(funds.elsewhere)
    try:
        store(patience.briefly() if shared else patience, funding.writes(funds))
    except ConditionsFailed as failed:
        if any(key.table is Table.BUDGETS for key in failed.keys):
            funding.lost()
        raise
    except Busy as busy:
        if not shared:
            raise
        funding.lost()
        raise ConditionsFailed(()) from busy
