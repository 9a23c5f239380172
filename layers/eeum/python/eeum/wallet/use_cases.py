"""What a member, a bank and an operator do with a wallet."""

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
from eeum.wallet.giving import after
from eeum.wallet.granting import Granting, OneGrant
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
    with_standing,
)
from eeum.wallet.store import WalletStore
from eeum.wallet.top_ups import top_up_by

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets

NO_SUCH_WALLET = "There is no such wallet, or it is not yours."

OLDEST = 130
"""Years: nobody known has become as old."""


class Attempt(NamedTuple):
    """An instant, the wallet as it was read then, and what can be granted by it."""

    accepted_at: datetime
    wallet: Wallet
    grants: OneGrant


class Opening(NamedTuple):
    wallet: Wallet
    created: bool


def open_wallet(store: WalletStore, member: str, debit_order: DebitOrder, now: datetime) -> Opening:
    """Opens the member's one wallet with one standard card, or gives the one that is there.

    Policies pay more with some cards, so that nobody gives itself another.
    """
    existing = store.wallet(wallet_id_of(member))
    if existing:
        return Opening(existing, created=False)
    wallet = new_wallet(member, debit_order, Card(secrets.token_hex(8), STANDARD_CARD, "active"), now)
    try:
        store.open(wallet)
    except ConditionsFailed:
        # A twin of this request was faster: its wallet is the member's.
        return Opening(own_wallet(store, member, wallet.id), created=False)
    return Opening(wallet, created=True)


def own_wallet(store: WalletStore, member: str, wallet_id: str) -> Wallet:
    """The member's own wallet; raises `NotFound` for any other id, whether or not it is somebody's."""
    wallet = store.wallet(wallet_id) if wallet_id == wallet_id_of(member) else None
    if wallet is None:
        raise NotFound(NO_SUCH_WALLET)
    return wallet


def top_up(
    store: WalletStore,
    policies: PolicyBook,
    patience: Patience,
    request: Request,
    amount: int,
    bank_reference: str,
    now: Callable[[], datetime],
    budgets: Callable[[], Budgets] | None = None,
) -> Answer[TopUp]:
    """Credits what a bank takes from the member's account, within the limits of the policy in force, and what that policy gives on it.

    A bonus or discount that budgets have no money for is not given, and the top-up stands. A reference is one top-up of its bank: under
    another key it gets the answer of the top-up that has it. A decline uses up no reference.

    Raises:
        NotFound: no such wallet; nothing is stored.
        BankReferenceUsed: the bank's reference is another top-up's, of another amount or wallet; nothing is stored.
        ProgrammeNotRunning: no policy version is in force.
    """

    granting = Granting(budgets, request.wallet_id, AT_TOP_UP)

    claim = claim_key(request.caller, bank_reference)

    def read() -> tuple[TopUp | None, Attempt]:
        # The instant is taken before the read: the policy then in force says what is needed besides.
        accepted_at = whole_milliseconds(now())
        others = granting.keys(policies.in_force_at(accepted_at), accepted_at)
        found = store.wallet_and_top_up(request.wallet_id, request.digest, [claim, *others])
        if found.wallet is None:
            raise NotFound(NO_SUCH_WALLET)
        stored = found.top_up or _twin(store, claim_of(found.others[claim]), request.wallet_id, amount)
        return stored, Attempt(accepted_at, found.wallet, granting.grants(found.others))

    def decide(attempt: Attempt) -> Decision[TopUp]:
        accepted_at, wallet, grants = attempt
        policy = policies.running_at(accepted_at)
        judged = top_up_by(policy, wallet, amount, accepted_at, grants.source)
        acceptance = request.accept(accepted_at)
        entry = TopUp(
            acceptance,
            amount,
            bank_reference,
            judged.decline,
            judged.rewards,
            judged.taken,
            judged.facts,
            judged.ceilings,
            claimed=judged.decline is None,
        )
        if entry.decline:
            return Decision(entry, lambda: store.record_declined_top_up(entry))
        limit = holding_limit_of(wallet, policy.wallet)
        taken = after(wallet.taken, entry.taken.used, accepted_at) if entry.taken.version else None

        def store_it(patience: Patience, funding: Sequence[Write]) -> None:
            store.credit_and_record(entry, wallet, limit, judged.purses, taken, funding, patience)

        return Decision(entry, lambda: grants.keep(store_it, patience))

    return answer_once(request, patience, read, decide)


def _twin(store: WalletStore, claim: Claim | None, wallet_id: str, amount: int) -> TopUp | None:
    """The top-up that has a bank's reference; raises `BankReferenceUsed` for one of another wallet or amount."""
    if claim is None:
        return None
    if (claim.wallet_id, claim.amount) != (wallet_id, amount):
        raise BankReferenceUsed(
            "This bank_reference was credited before, to another wallet or with another amount. "
            "A new transfer needs a reference of its own."
        )
    return store.top_up(wallet_id, claim.top_up)


def check_member(policies: PolicyBook, about: AboutMember, now: datetime) -> None:
    """Raises `Invalid` for a district that the policy in force does not know, and for a date of birth that nobody alive can have."""
    district, birth_date = about.get("district"), about.get("birth_date")
    if district is not None:
        districts = policies.running_at(now).merchants.districts
        if district not in districts:
            raise Invalid("member_district", f"is not one of {', '.join(sorted(districts))}", "unknown_district")
    if birth_date is not None and not 0 <= years_since(birth_date, now) <= OLDEST:
        raise Invalid("birth_date", f"is still to come, or more than {OLDEST} years ago", "not_past")


def change_standing(
    store: WalletStore,
    wallet_id: str,
    status: WalletStatus | None,
    verified: bool | None,
    operator: str,
    reason: str,
    now: datetime,
    about: AboutMember | None = None,
) -> Wallet:
    """Suspends, reinstates or verifies a wallet, or says of its member what policies ask for, on an operator's word and with its reason.

    Payments that were made keep the facts that they were judged by.

    Raises:
        NotFound: no such wallet.
        Busy: another operator decided about it just now.
    """
    wallet = store.wallet(wallet_id)
    if wallet is None:
        raise NotFound(NO_SUCH_WALLET)
    changed = with_standing(wallet, status, verified, about or {})
    try:
        store.change_standing(changed, wallet, text_of(now), operator, reason)
    except ConditionsFailed as failed:
        raise Busy(
            "Another operator decided about this wallet just now; look at it, and send the request again."
        ) from failed
    return changed
