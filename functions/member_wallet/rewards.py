"""Purses of rewards over HTTP: until when they can be spent, and where."""

from collections.abc import Sequence
from datetime import datetime

from eeum.bodies import AnswerBody
from eeum.calendar import text_of
from eeum.policy.names import Names, title_of
from eeum.policy.plain_conditions import clause
from eeum.policy.rules import PolicyVersion, RewardPurse
from eeum.policy.wording import Plain
from eeum.wallet.rules import Purse, has_expired


class InBothLanguages(AnswerBody):
    ko: str
    en: str


class RewardPurseBody(AnswerBody):
    """A purse of rewards. `id` names it within the wallet; `purse` is its name in policies.

    Rewards are spent from `spendable_from` on and before `expires_at`, soonest expiry first, at the places in `spendable_at`. Null means at
    once, without end, and everywhere. `title` is null when the policy in force no longer lists the purse. What has `expired` is never
    spent.
    """

    id: str
    purse: str | None
    title: InBothLanguages | None
    won: int
    spendable_from: str | None
    expires_at: str | None
    expired: bool
    spendable_at: InBothLanguages | None


def reward_purses(purses: Sequence[Purse], policy: PolicyVersion | None, now: datetime) -> list[RewardPurseBody]:
    """The purses of rewards as the policy in force describes them, soonest expiry first."""
    listed = policy.purses if policy else {}
    holding = [purse for purse in purses if purse.has_terms and purse.amount]
    names = _names(policy) if policy else Names()
    shown = [_reward_purse(purse, listed.get(purse.where or ""), names, now) for purse in holding]
    return sorted(shown, key=lambda each: (each.expires_at is None, each.expires_at or "", each.id))


def _reward_purse(purse: Purse, listed: RewardPurse | None, names: Names, now: datetime) -> RewardPurseBody:
    return RewardPurseBody(
        id=purse.id,
        purse=purse.where,
        title=_in_both(title_of({"title": listed.title})) if listed else None,
        won=purse.amount,
        spendable_from=text_of(purse.spendable_from) if purse.spendable_from else None,
        expires_at=text_of(purse.expires_at) if purse.expires_at else None,
        expired=has_expired(purse, now),
        spendable_at=_in_both(clause(listed.spendable_at_document, names))
        if listed and listed.spendable_at_document is not None
        else None,
    )


def _names(policy: PolicyVersion) -> Names:
    """The names in the policy's own sentences. Where a purse can be spent depends on districts, categories and flags only."""
    known = policy.merchants
    merchants = {"districts": known.districts, "categories": known.categories, "flags": known.flags}
    return Names({"merchants": merchants, "names": policy.names})


def _in_both(plain: Plain) -> InBothLanguages:
    return InBothLanguages(ko=plain.ko, en=plain.en)
