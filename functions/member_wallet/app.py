"""Routes of wallets. Each parses, calls one use case, and shapes the answer."""

import os
from typing import Annotated

from eeum.aws.http import Api, Cursor, IdempotencyKey, Query, Response, answered, created, lambda_handler
from eeum.aws.identity import BANK, MEMBER
from eeum.calendar import month_of, parse_month, parse_queried_instant
from eeum.cashback.rules import Earning
from eeum.cashback.showing import MOST_SHOWN, AskedMonth, cashback_of_month
from eeum.composition import City
from eeum.journal.history import balances_of_wallet_at
from eeum.months.showing import statement_of_month
from eeum.request import Request
from eeum.wallet.rules import Wallet
from eeum.wallet.use_cases import (
    DecideOnWallet,
    OpenWallet,
    TopUpWallet,
    decide_on_wallet,
    open_wallet,
    own_wallet,
    top_up,
)
from member_wallet.bodies import (
    OpeningRequest,
    PastBalancesBody,
    TopUpBody,
    TopUpRequest,
    WalletBody,
    WalletDecisionBody,
    WalletDecisionRequest,
    past_balances_body,
    top_up_body,
    wallet_body,
    wallet_decision_body,
)
from member_wallet.cashback_bodies import CashbackBody, cashback_body
from member_wallet.statements import StatementBody, statement_body

api = Api()
city = City.of(os.environ)


@api.post("/wallets", summary="Open one's own wallet", tags=["wallets"])
def open_own_wallet(body: OpeningRequest) -> Response[WalletBody]:
    """Open the caller's wallet with a first card.

    A caller has one wallet. If it exists, the answer is 200 with that wallet.
    """
    member = api.caller().person(MEMBER)
    command = OpenWallet(member, body.debit_order)
    opening = open_wallet(command, city.wallet_dependencies(api.lambda_context))
    shown = _shown(opening.wallet)
    return created(shown, f"/wallets/{shown.id}") if opening.created else answered(shown)


@api.get("/wallets/<wallet_id>", summary="One's own wallet", tags=["wallets"])
def wallet(wallet_id: str) -> Response[WalletBody]:
    """Show balances by purse, cards, what is held, and limit usage.

    While `cashback_pending` is not 0, cashback of recent payments is still to come.
    """
    member = api.caller().person(MEMBER)
    return answered(_shown(own_wallet(city.wallets(api.lambda_context), member, wallet_id)))


@api.get("/wallets/<wallet_id>/cashback", summary="One's own cashback of a month, and why", tags=["cashback"])
def cashback(
    wallet_id: str,
    month: Annotated[str | None, Query(description="A month such as 2021-01; the current month if not given.")] = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST_SHOWN, description="The most earnings and corrections of one page.")
    ] = MOST_SHOWN,
    cursor: Cursor = None,
) -> Response[CashbackBody]:
    """Explain the cashback of a month: the layers behind each payment's rewards, and the correction of each cancellation."""
    member = api.caller().person(MEMBER)
    owned = own_wallet(city.wallets(api.lambda_context), member, wallet_id)
    wanted = parse_month(month) if month is not None else month_of(city.clock())
    found = cashback_of_month(AskedMonth(owned.id, wanted, limit, cursor), city.cashback())
    asked = [(each.merchant_id, each.accepted_at) for each in found.entries if isinstance(each, Earning)]
    return answered(cashback_body(found, city.names().of(city.merchants(api.lambda_context), asked)))


@api.get("/wallets/<wallet_id>/balances", summary="One's own balances at a past instant", tags=["wallets"])
def past_balances(
    wallet_id: str,
    at: Annotated[
        str | None, Query(description="A past instant, RFC 3339 with offset (`+` may be `%2B`); now if not given.")
    ] = None,
) -> Response[PastBalancesBody]:
    """Recompute the balance of each purse at a past instant from the wallet's entries."""
    owned = own_wallet(city.wallets(api.lambda_context), api.caller().person(MEMBER), wallet_id)
    now = city.clock()
    wanted = parse_queried_instant(at, "at") if at is not None else now
    return answered(past_balances_body(wanted, balances_of_wallet_at(city.journal(), owned.id, wanted, now)))


@api.get("/wallets/<wallet_id>/statements/<month>", summary="One's own statement of a month", tags=["wallets"])
def statement(wallet_id: str, month: str) -> Response[StatementBody]:
    """Show the stored statement of a past month. It is written some days after the month and then never changes."""
    context = api.lambda_context
    owned = own_wallet(city.wallets(context), api.caller().person(MEMBER), wallet_id)
    return answered(statement_body(statement_of_month(city.statements(context), owned.id, parse_month(month))))


@api.post(
    "/wallets/<wallet_id>/top_ups", summary="Credit what a bank debited from the member's account", tags=["wallets"]
)
def top_up_by_bank(wallet_id: str, body: TopUpRequest, idempotency_key: IdempotencyKey = "") -> Response[TopUpBody]:
    """Credit a wallet with what a bank debited from the member's account, once for each Idempotency-Key and `bank_reference`.

    A decline is an answer with status 200.
    """
    caller = api.caller().partner("bank", BANK)
    request = Request.of(caller, wallet_id, idempotency_key, body.model_dump(mode="json"))
    command = TopUpWallet(request, body.amount, body.bank_reference)
    answer = top_up(command, city.wallet_dependencies(api.lambda_context))
    return answered(top_up_body(answer.entry), answer.replayed)


@api.patch(
    "/wallets/<wallet_id>",
    summary="Suspend, reinstate or verify a wallet, or record facts of its member",
    tags=["wallets"],
)
def change_wallet(wallet_id: str, body: WalletDecisionRequest) -> Response[WalletDecisionBody]:
    """Record an operator's decision about a wallet, or facts of its member, with the reason. A missing field stays as it is."""
    operator = api.caller().operator()
    command = DecideOnWallet(wallet_id, operator, body.reason, body.status, body.verified, body.about())
    return answered(wallet_decision_body(decide_on_wallet(command, city.wallet_dependencies(api.lambda_context))))


def _shown(wallet: Wallet) -> WalletBody:
    now = city.clock()
    # Most wallets have no purses of rewards, so the policy is read only for those that have.
    policy = city.policies().in_force_at(now) if any(purse.has_terms for purse in wallet.purses) else None
    return wallet_body(wallet, policy, now)


handler = lambda_handler(api, lambda: city)
