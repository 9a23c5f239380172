"""Evaluate payments one by one, in their order, with the domain's evaluator, as a city accrues them: the reference for replays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from eeum.calendar import SEOUL
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AFTER_PAYMENT, AT_PAYMENT, Limit, PolicyVersion, RewardKind
from eeum.policy.windows import carried_into, previous_window, start_of_window, window_key, window_name
from simulator.payments import FLAGS, PURSES


class Ledger:
    """A city's payments, evaluated one by one in their order; limit usage is stored by window."""

    def __init__(self, policy: PolicyVersion) -> None:
        self._policy = policy
        self._used: dict[int, dict[str, int]] = {}
        self._left: dict[str, int] = {}
        self.won: dict[int, int] = {}

    def pay(self, payment: dict[str, Any]) -> None:
        at = datetime.fromtimestamp(payment["accepted_at"] // 1000, SEOUL) + timedelta(
            milliseconds=payment["accepted_at"] % 1000
        )
        purses = {purse: payment[f"won_{purse}"] for purse in PURSES}
        price = sum(purses.values()) + payment["won_discount"]
        facts = self._facts(payment, price, at)
        member = payment["member"]
        given = self._given(member, facts, price, at, AT_PAYMENT)
        off = given - payment["won_discount"]
        for purse in ("charged", "cashback", "rewards", "grants") if off > 0 else ():
            taken = min(off, purses[purse])
            purses[purse], off = purses[purse] - taken, off - taken
        purses["charged"] -= min(off, 0)
        base = sum(purses[purse] for purse in self._policy.earns_from)
        self.won[member] = self.won.get(member, 0) + given + self._given(member, facts, base, at, AFTER_PAYMENT)

    def _facts(self, payment: dict[str, Any], price: int, at: datetime) -> Facts:
        carried = {flag for flag in FLAGS if payment[f"merchant_{flag}"]}
        carried |= {flag for flag in self._policy.merchants.flags if payment.get(f"flag_{flag}")}
        names = {name for name in Facts.__annotations__ if name in payment} - {"accepted_at"}
        return Facts(
            merchant_flags=frozenset(carried),
            amount=price,
            accepted_at=at,
            **{name: payment[name] for name in names},
        )

    def _given(self, member: int, facts: Facts, base: int, at: datetime, kinds: frozenset[RewardKind]) -> int:
        layers = self._policy.acting(kinds)
        limits = {limit.id: limit for layer in layers for limit in layer.limits}
        names = {limit.id: window_name(limit.window, at) for limit in limits.values()}
        known = self._used.setdefault(member, {})
        used = {limit: known.get(window_key(limit, name), 0) for limit, name in names.items()}
        carried = {limit.id: self._carried(limit, names[limit.id], known) for limit in limits.values()}
        funded_amounts: dict[str, int] = {}
        for layer in layers:
            found = evaluate(
                self._policy, facts, base, used, kinds=kinds, carried=carried, funded_amounts=funded_amounts
            )
            asked = sum(reward.won for reward in found.rewards if reward.layer == layer.id)
            keys = [self._pool(pool, at) for pool in layer.pools]
            funded_amounts[layer.id] = min([asked, *(self._left[key] for key in keys)])
            for key in keys:
                self._left[key] -= funded_amounts[layer.id]
        found = evaluate(self._policy, facts, base, used, kinds=kinds, carried=carried, funded_amounts=funded_amounts)
        for limit, won in found.used.items():
            key = window_key(limit, names[limit])
            known[key] = known.get(key, 0) + won
        return found.won

    def _carried(self, limit: Limit, name: str, known: dict[str, int]) -> int:
        previous = previous_window(limit.window, name)
        if limit.carries_over_from is None or limit.amount is None or previous is None:
            return 0
        if start_of_window(limit.window, previous) < limit.carries_over_from:
            return 0
        return carried_into(limit.amount, known.get(window_key(limit.id, previous), 0))

    def _pool(self, pool_id: str, at: datetime) -> str:
        pool = self._policy.pools[pool_id]
        if not pool.window.is_open(at):
            self._left["closed"] = 0
            return "closed"
        key = window_key(pool_id, window_name(pool.window, at))
        self._left.setdefault(key, pool.amount)
        return key
