"""From a captured payment to the earning that is posted for it: pure functions over plain values. Amounts are whole won."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from eeum.calendar import Month, month_of, previous_month
from eeum.ids import Digest
from eeum.payments.rules import Payment, eligible_base, paid_from
from eeum.policy.conditions import Facts
from eeum.policy.rules import NOTHING, LayerReward, PolicyVersion, evaluate
from eeum.wallet.rules import CASHBACK

WHOLE = 0
"""The number of the capture that takes a payment whole, as every payment is captured now."""

Usage = Mapping[str, int]
"""Won used by limit and window: `monthly-spend@2021-01`. The window is in the key, so the month turns by itself."""


@dataclass(frozen=True, slots=True)
class Earning:
    """An entry: what one capture earned and why. `number` orders the wallet's earnings; `used` is by how much each limit was used."""

    wallet_id: str
    digest: Digest
    capture: int
    payment_id: str
    merchant_id: str
    number: int
    accepted_at: datetime
    posted_at: datetime
    policy: str
    base: int
    rewards: tuple[LayerReward, ...]
    used: Mapping[str, int]

    @property
    def won(self) -> int:
        return sum(reward.won for reward in self.rewards)

    @property
    def month(self) -> Month:
        return month_of(self.accepted_at)


def window_key(limit_id: str, month: Month) -> str:
    return f"{limit_id}@{month}"


def used_in(usage: Usage, month: Month) -> dict[str, int]:
    """Use by limit within the windows of `month`."""
    return {key.partition("@")[0]: won for key, won in usage.items() if key.endswith(f"@{month}")}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a payment would earn, and on which part of it."""

    policy: str
    base: int
    rewards: tuple[LayerReward, ...]
    used: Mapping[str, int]


def quote(
    policy: PolicyVersion, facts: Facts, paid: Mapping[str, int], at: datetime, used_before: Mapping[str, int]
) -> Quote:
    """What a payment made of `paid` (won by purse) at `at` earns under the policy in force then, on what was used before.

    After the end of the last version nothing is paid and no limit is used.
    """
    base = eligible_base(paid, policy.earns_from)
    evaluation = evaluate(policy, facts, base, used_before) if policy.pays_at(at) else NOTHING
    return Quote(policy.version, base, evaluation.rewards, evaluation.used)


def earn(
    payment: Payment, policy: PolicyVersion, number: int, used_before: Mapping[str, int], posted_at: datetime
) -> Earning:
    """The earning of an approved payment, as number `number` of its wallet: month and policy are those of its acceptance."""
    accepted_at = payment.acceptance.accepted_at
    quoted = quote(policy, payment.facts, paid_from(payment.postings), accepted_at, used_before)
    return Earning(
        wallet_id=payment.acceptance.wallet_id,
        digest=payment.acceptance.digest,
        capture=WHOLE,
        payment_id=payment.acceptance.id,
        merchant_id=payment.order.merchant_id,
        number=number,
        accepted_at=accepted_at,
        posted_at=posted_at,
        policy=quoted.policy,
        base=quoted.base,
        rewards=quoted.rewards,
        used=quoted.used,
    )


def postings_of(earning: Earning) -> dict[str, int]:
    """Won by account, summing to zero: from each funder to the cashback purse. What the merchant funds is its own account."""
    postings: dict[str, int] = {}
    for reward in earning.rewards:
        for funder, won in reward.funders:
            account = f"merchant_reward/{earning.merchant_id}" if funder == "merchant" else f"funder/{funder}"
            postings[account] = postings.get(account, 0) - won
    funded = {account: won for account, won in postings.items() if won}
    return {**funded, f"purse/{CASHBACK}": earning.won} if earning.won else {}


def usage_after(usage: Usage, earning: Earning) -> dict[str, int]:
    """The usage with the earning's added."""
    return usage_with(usage, earning.month, earning.used)


def usage_with(usage: Usage, month: Month, used: Mapping[str, int]) -> dict[str, int]:
    after = dict(usage)
    for limit, won in used.items():
        key = window_key(limit, month)
        after[key] = after.get(key, 0) + won
    return after


def usage_to_keep(usage: Usage) -> dict[str, int]:
    """The windows that a wallet carries: those of its latest month and of the one before, for what is posted late."""
    if not usage:
        return {}
    oldest = previous_month(latest_month(usage))
    return {key: won for key, won in usage.items() if key.partition("@")[2] >= oldest}


def latest_month(usage: Usage) -> Month:
    return max(key.partition("@")[2] for key in usage)


def is_kept(usage: Usage, month: Month) -> bool:
    """Whether the wallet still carries what was used in `month`; of an older one it must be added up from its earnings."""
    return not usage or month >= previous_month(latest_month(usage))


def used_by(earnings: Iterable[Earning]) -> dict[str, int]:
    """Use by limit, added up from the earnings of one month."""
    total: dict[str, int] = {}
    for earning in earnings:
        for limit, won in earning.used.items():
            total[limit] = total.get(limit, 0) + won
    return total
