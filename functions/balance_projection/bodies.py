"""Balances as the API returns them."""

from eeum.balances.store import BalancesAsOf
from eeum.balances.use_cases import ProgrammeBalances
from eeum.bodies import AnswerBody
from eeum.calendar import text_of
from eeum.journal.accounts import PAYABLE, REWARD
from eeum.merchants.rules import Merchant


class MerchantBalanceBody(AnswerBody):
    """What the programme owes a merchant for captures, less cancellations, and how much of its customers' cashback it funded, in won.

    Balances count entries until `as_of`; they are updated every hour. `as_of` is null before the first update.
    """

    merchant_id: str
    merchant_name: str
    as_of: str | None
    payable: int
    reward_funded: int


class FunderBalanceBody(AnswerBody):
    """What the nation, the city or a district paid for cashback earned in a fiscal year, less what came back, in won."""

    funder: str
    fiscal_year: str
    paid: int


class BankBalanceBody(AnswerBody):
    """What a bank credited to wallets, in won."""

    bank: str
    credited: int


class ExpiredBody(AnswerBody):
    """Rewards that expired unspent in purses of this name, in won."""

    purse: str
    expired: int


class ProgrammeBalancesBody(AnswerBody):
    """Balances of funders by fiscal year and of banks, the total ever issued, and expired rewards, in won.

    Balances count entries until `as_of`; they are updated every hour. `as_of` is null before the first update.
    """

    as_of: str | None
    funders: list[FunderBalanceBody]
    banks: list[BankBalanceBody]
    issued: int
    expired: list[ExpiredBody]


def merchant_balance_body(merchant: Merchant, found: BalancesAsOf) -> MerchantBalanceBody:
    (counts,) = found.balances.values()
    return MerchantBalanceBody(
        merchant_id=merchant.id,
        merchant_name=merchant.shop.name,
        as_of=text_of(found.as_of) if found.as_of else None,
        payable=counts[PAYABLE],
        reward_funded=-counts[REWARD],
    )


def programme_balances_body(balances: ProgrammeBalances) -> ProgrammeBalancesBody:
    return ProgrammeBalancesBody(
        as_of=text_of(balances.as_of) if balances.as_of else None,
        funders=[FunderBalanceBody(funder=name, fiscal_year=year, paid=won) for name, year, won in balances.funders],
        banks=[BankBalanceBody(bank=name, credited=won) for name, won in balances.banks],
        issued=balances.issued,
        expired=[ExpiredBody(purse=name, expired=won) for name, won in balances.expired],
    )
