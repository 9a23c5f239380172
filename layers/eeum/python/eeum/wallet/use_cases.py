"""The use cases of members, banks and operators with a wallet."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from eeum.calendar import text_of, whole_milliseconds, years_since
from eeum.errors import BankReferenceUsed, Busy, Invalid, NotFound
from eeum.once import Answer, Decision, answer_once
from eeum.policy.rules import AT_TOP_UP
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import ConditionsFailed, Write
from eeum.unit_of_work import Patience
from eeum.wallet.bank_reference_store import Claim, claim_key, claim_of
from eeum.wallet.budget_draws import keep_joined, keys_of, rewarding
from eeum.wallet.command_rewards import after
from eeum.wallet.participants import Asked, Participant
from eeum.wallet.rules import (
    STANDARD_CARD,
    AboutMember,
    Card,
    DebitOrder,
    TopUp,
    Wallet,
    WalletStatus,
    holding_limit_of,
    new_wallet,
    wallet_id_of,
    with_decision,
)
from eeum.wallet.store import Credit, WalletStore
from eeum.wallet.top_ups import Counter, top_up_by

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets

NO_SUCH_WALLET = "There is no such wallet, or it is not yours."

OLDEST = 130
"""The highest age in years that a member can have."""


class WalletDependencies(NamedTuple):
    """What the use cases of wallets depend on; `composition` makes it.

    `policies` are read only when something is judged by them, `budgets` only when something is given. `participants` join each top-up,
    after the policy's rewards.
    """

    wallets: WalletStore
    policies: Callable[[], PolicyBook]
    patience: Patience
    clock: Callable[[], datetime]
    budgets: Callable[[], Budgets] | None = None
    participants: Callable[[], Sequence[Participant]] = tuple


class OpenWallet(NamedTuple):
    """Open the one wallet of a member, by its subject in the user pool."""

    member: str
    debit_order: DebitOrder


class TopUpWallet(NamedTuple):
    """Credit `amount` won, the face value, that a bank debits from the member's account under its own reference."""

    request: Request
    amount: int
    bank_reference: str


class DecideOnWallet(NamedTuple):
    """Suspend, reinstate or verify a wallet, or record facts of its member that policies use. None leaves a field as it is."""

    wallet_id: str
    operator: str
    reason: str
    status: WalletStatus | None = None
    verified: bool | None = None
    about: AboutMember | None = None


class Attempt(NamedTuple):
    """One attempt: an instant, and the wallet as read then."""

    accepted_at: datetime
    wallet: Wallet


class Opening(NamedTuple):
    wallet: Wallet
    created: bool


def open_wallet(command: OpenWallet, using: WalletDependencies) -> Opening:
    """Open the member's one wallet with one standard card, or return the existing one.

    Members cannot choose another card, since policies pay more with some cards.
    """
    member, debit_order = command
    existing = using.wallets.wallet(wallet_id_of(member))
    if existing:
        return Opening(existing, created=False)
    card = Card(secrets.token_hex(8), STANDARD_CARD, "active")
    wallet = new_wallet(member, debit_order, card, using.clock())
    try:
        using.wallets.open(wallet)
    except ConditionsFailed:
        # Another request of this member was faster: return the wallet that it opened.
        return Opening(own_wallet(using.wallets, member, wallet.id), created=False)
    return Opening(wallet, created=True)


def own_wallet(store: WalletStore, member: str, wallet_id: str) -> Wallet:
    """The member's own wallet. Raises `NotFound` for any other id, whether or not it exists."""
    wallet = store.wallet(wallet_id) if wallet_id == wallet_id_of(member) else None
    if wallet is None:
        raise NotFound(NO_SUCH_WALLET)
    return wallet


def top_up(command: TopUpWallet, using: WalletDependencies) -> Answer[TopUp]:
    """Credit a wallet within the limits of the policy in force, with the rewards that the policy gives on top.

    A bonus or discount that the budgets have no money for is not given, and the top-up stands. A bank's reference belongs to one top-up: a
    request with another key gets the answer of the top-up that has it. A decline does not use a reference.

    Raises:
        NotFound: no such wallet; nothing is stored.
        BankReferenceUsed: the reference belongs to a top-up of another amount or wallet; nothing is stored.
        ProgrammeNotRunning: no policy version is in force.
    """
    request, amount, bank_reference = command
    participants = (*rewarding(using.budgets, AT_TOP_UP), *using.participants())
    policies = using.policies()
    claim = claim_key(request.caller, bank_reference)

    def read() -> tuple[TopUp | None, Attempt]:
        # The instant is taken before the read, since the policy in force then says what else to read.
        at = whole_milliseconds(using.clock())
        others = keys_of(participants, Asked(request.wallet_id, at, policies.in_force_at(at)))
        found = using.wallets.wallet_and_top_up(request.wallet_id, request.digest, [claim, *others])
        if found.wallet is None:
            raise NotFound(NO_SUCH_WALLET)
        for each in participants:
            each.begin(found.others)
        stored = found.top_up or _twin(using.wallets, claim_of(found.others[claim]), request.wallet_id, amount)
        return stored, Attempt(at, found.wallet)

    def decide(attempt: Attempt) -> Decision[TopUp]:
        at, wallet = attempt
        policy = policies.running_at(at)
        judged = top_up_by(wallet, Counter(policy, at, request.digest), amount, participants)
        entry = TopUp(
            request.accept(at),
            amount,
            bank_reference,
            judged.decline,
            judged.rewards,
            judged.limit_usage,
            judged.facts,
            judged.funded_amounts,
            claimed=judged.decline is None,
            parts=judged.parts,
        )
        if entry.decline:
            return Decision(entry, lambda: using.wallets.record_declined_top_up(entry))
        limit_usage = after(wallet.limit_usage, entry.limit_usage.used, at) if entry.limit_usage.version else None
        credit = Credit(entry, wallet, holding_limit_of(wallet, policy.wallet), judged.purses, limit_usage)

        def store(writes: Sequence[Write], patience: Patience) -> None:
            using.wallets.credit_and_record(credit, writes, patience)

        return Decision(entry, lambda: keep_joined(participants, judged.writes, store, using.patience))

    return answer_once(request, using.patience, read, decide)


def _twin(store: WalletStore, claim: Claim | None, wallet_id: str, amount: int) -> TopUp | None:
    """The top-up that has a bank's reference. Raises `BankReferenceUsed` for one of another wallet or amount."""
    if claim is None:
        return None
    if (claim.wallet_id, claim.amount) != (wallet_id, amount):
        raise BankReferenceUsed(
            "This bank_reference was credited before, to another wallet or with another amount. "
            "A new transfer needs a reference of its own."
        )
    return store.top_up(wallet_id, claim.top_up)


def decide_on_wallet(command: DecideOnWallet, using: WalletDependencies) -> Wallet:
    """Suspend, reinstate or verify a wallet, or record facts of its member that policies use, with an operator's reason.

    Past payments keep the facts that they were judged by.

    Raises:
        Invalid: the policy in force does not know the district, or the date of birth is impossible.
        NotFound: no such wallet.
        Busy: another operator decided about the wallet at the same time.
    """
    about, now = command.about or {}, using.clock()
    _check_member(using, about, now)
    wallet = using.wallets.wallet(command.wallet_id)
    if wallet is None:
        raise NotFound(NO_SUCH_WALLET)
    changed = with_decision(wallet, command.status, command.verified, about)
    try:
        using.wallets.decide_on_wallet(changed, wallet, text_of(now), command.operator, command.reason)
    except ConditionsFailed as failed:
        raise Busy(
            "Another operator decided about this wallet just now; look at it, and send the request again."
        ) from failed
    return changed


def _check_member(using: WalletDependencies, about: AboutMember, now: datetime) -> None:
    district, birth_date = about.get("district"), about.get("birth_date")
    if district is not None:
        districts = using.policies().running_at(now).merchants.districts
        if district not in districts:
            raise Invalid("member_district", f"is not one of {', '.join(sorted(districts))}", "unknown_district")
    if birth_date is not None and not 0 <= years_since(birth_date, now) <= OLDEST:
        raise Invalid("birth_date", f"is in the future, or more than {OLDEST} years ago", "not_past")
