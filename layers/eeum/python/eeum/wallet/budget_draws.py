"""Budget draws as a participant: a command's discounts and bonuses are paid from the budget in the command's own transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from eeum.errors import Busy
from eeum.policy.rules import PolicyVersion, RewardKind
from eeum.storage import ConditionsFailed, Item, Key, Table, Write
from eeum.unit_of_work import Patience
from eeum.wallet.command_rewards import UNLIMITED, RewardFunds
from eeum.wallet.participants import Asked, Participant, PolicyRewards

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets, Funding
    from eeum.budget.rules import Funds


class BudgetDraws(Participant):
    """Draws the money for a command's rewards from one budget shard of the year. Other participants ask its `source` what is funded.

    `budgets` are read only if the policy in force gives something within such a command.
    """

    def __init__(self, budgets: Callable[[], Budgets] | None, kinds: frozenset[RewardKind]) -> None:
        self._budgets = budgets
        self._kinds = kinds
        self._funding: Funding | None = None
        self._funds: Funds | None = None

    def keys(self, asked: Asked, /) -> Sequence[Key]:
        """The key of one budget shard of the year if there are budgets; else nothing."""
        policy = asked.policy
        if policy is None or self._budgets is None or not asked.captures_now or not policy.acting(self._kinds):
            return ()
        if self._funding is None:
            self._funding = self._budgets().funding(asked.wallet_id, asked.at)
        return self._funding.keys([(policy, asked.at)])

    def begin(self, items: Mapping[Key, Item | None], /) -> None:
        self._funds = self._funding.funds(items) if self._funding else None

    @property
    def source(self) -> RewardFunds:
        """The money that this attempt can draw on. A draw from it is written. Without budgets everything is funded."""
        return self._funds or UNLIMITED

    @property
    def is_contended(self) -> bool:  # type: ignore[override]
        """True near the end of a budget, when other shards and the unallocated balance are drawn on."""
        return self._funds is not None and bool(self._funds.elsewhere)

    def writes(self) -> Sequence[Write]:
        """An update of each place that is drawn on. If a shard lacks money, it is refilled first, and all is read and decided again."""
        if self._funding is None or self._funds is None:
            return ()
        if self._funds.missing:
            self._funding.refill(self._funds)
            raise ConditionsFailed(())
        return self._funding.writes(self._funds)

    def lost(self) -> None:
        if self._funding is not None:
            self._funding.lost()

    def give_back(self, policy: PolicyVersion, parts: Iterable[tuple[str, str, int]], at: datetime) -> None:
        """Give back what was drawn at `at`, by layer and funder."""
        if self._funds is None:
            return
        by_layer: dict[str, dict[str, int]] = {}
        for layer_id, name, won in parts:
            by_layer.setdefault(layer_id, {})[name] = won
        for layer in policy.layers:
            if layer.id in by_layer:
                self._funds.give_back(policy, layer, by_layer[layer.id], at)


def rewarding(budgets: Callable[[], Budgets] | None, kinds: frozenset[RewardKind]) -> tuple[Participant, ...]:
    """The first two participants of every command that may give a reward."""
    draws = BudgetDraws(budgets, kinds)
    return PolicyRewards(lambda: draws.source, kinds), draws


def keys_of(participants: Sequence[Participant], asked: Asked) -> tuple[Key, ...]:
    """The keys of all participants, each once."""
    return tuple(dict.fromkeys(key for each in participants for key in each.keys(asked)))


def keep_joined(
    participants: Sequence[Participant],
    shares: Sequence[Write],
    store: Callable[[Sequence[Write], Patience], None],
    patience: Patience,
) -> None:
    """Store a decision with `store`, in one transaction with the `shares` and writes of its participants.

    Raises `ConditionsFailed` when all must be read and decided again: a participant asks for it, or an item that one writes has changed.
    For contended items there are few retries with the same decision: it is better to decide on what the others left.
    """
    own = [(each, each.writes()) for each in participants]
    contended = [each for each, _ in own if each.is_contended]
    writes = [*shares, *(write for _, some in own for write in some)]
    try:
        store(writes, patience.briefly() if contended else patience)
    except ConditionsFailed as failed:
        for each, some in own:
            if any(write.key in failed.keys for write in some):
                each.lost()
        raise
    except Busy as busy:
        if not contended:
            raise
        for each in contended:
            each.lost()
        raise ConditionsFailed(()) from busy


def keep_funded(
    funding: Funding, funds: Funds, store: Callable[[Patience, Sequence[Write]], None], patience: Patience
) -> None:
    """Store something together with its budget draws, and record whether these draws failed."""
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
