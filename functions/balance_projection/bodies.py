"""What balances look like over HTTP."""

from pydantic import BaseModel

from eeum.balances.store import Told
from eeum.balances.use_cases import ProgrammeBalances
from eeum.calendar import text_of
from eeum.journal.accounts import PAYABLE, REWARD
from eeum.merchants.rules import Merchant


class MerchantBalanceBody(BaseModel):
    """What the programme owes a merchant for captured payments, less what was cancelled, and what the merchant has funded of its customers'
    cashback, in won: of what was counted until `as_of`. Balances are brought up to date every hour; a payment is counted some minutes after
    it. `as_of` is null before anything was counted."""

    merchant_id: str
    merchant_name: str
    as_of: str | None
    payable: int
    reward_funded: int


class FunderBalanceBody(BaseModel):
    """What the nation, the city or a district gave for cashback earned in a fiscal year, less what came back, in won."""

    funder: str
    fiscal_year: str
    paid: int


class BankBalanceBody(BaseModel):
    """What a bank credited to wallets, in won."""

    bank: str
    credited: int


class ExpiredBody(BaseModel):
    """What members did not spend in time of the rewards in purses of this name, in won."""

    purse: str
    expired: int


class ProgrammeBalancesBody(BaseModel):
    """Funders by fiscal year, banks, all that was ever issued, and what expired, in won: of what was counted until `as_of`.

    Balances are brought up to date every hour; an entry is counted some minutes after it. `as_of` is null before anything was counted.
    """

    as_of: str | None
    funders: list[FunderBalanceBody]
    banks: list[BankBalanceBody]
    issued: int
    expired: list[ExpiredBody]


def merchant_balance_body(merchant: Merchant, told: Told) -> MerchantBalanceBody:
    (counts,) = told.balances.values()
    return MerchantBalanceBody(
        merchant_id=merchant.id,
        merchant_name=merchant.shop.name,
        as_of=text_of(told.as_of) if told.as_of else None,
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
