"""Where the money of what a command gives comes from, over the command's attempts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from eeum.policy.rules import Gives, PolicyVersion
from eeum.storage import ConditionsFailed, Item, Key, Write
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
    """The grants of one attempt. While they are `missing` something, nothing that rests on them may be kept."""

    def __init__(self, funding: Funding | None = None, funds: Funds | None = None) -> None:
        self._funding = funding
        self._funds = funds

    @property
    def source(self) -> Grants:
        return self._funds or Unlimited()

    @property
    def missing(self) -> bool:
        return bool(self._funds and self._funds.missing)

    def refill(self) -> None:
        """Brings what is missing to where it is drawn on; then all must be read and worked out anew, which `ConditionsFailed` says.

        Raises `Busy` when others are in the way for too long.
        """
        if self._funding and self._funds:
            self._funding.refill(self._funds)
        raise ConditionsFailed(())

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

    def writes(self) -> Sequence[Write]:
        """What the command's transaction is to write besides its own."""
        return self._funding.writes(self._funds) if self._funding and self._funds else ()
