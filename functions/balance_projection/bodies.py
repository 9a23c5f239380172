"""What balances look like over HTTP."""

from pydantic import BaseModel

from eeum.balances.rules import PAYABLE, REWARD, Counts
from eeum.balances.use_cases import ProgrammeBalances


class MerchantBalanceBody(BaseModel):
    """What the programme owes a merchant for captured payments, less what was cancelled, and what the merchant has funded of its customers'
    cashback, in won. It follows payments a moment later, minutes at most."""

    merchant_id: str
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


class ProgrammeBalancesBody(BaseModel):
    """Funders by fiscal year, banks, and all that was ever issued, in won. They follow the journal a moment later, minutes at most."""

    funders: list[FunderBalanceBody]
    banks: list[BankBalanceBody]
    issued: int


def merchant_balance_body(merchant_id: str, counts: Counts) -> MerchantBalanceBody:
    return MerchantBalanceBody(merchant_id=merchant_id, payable=counts[PAYABLE], reward_funded=-counts[REWARD])


def programme_balances_body(balances: ProgrammeBalances) -> ProgrammeBalancesBody:
    return ProgrammeBalancesBody(
        funders=[FunderBalanceBody(funder=name, fiscal_year=year, paid=won) for name, year, won in balances.funders],
        banks=[BankBalanceBody(bank=name, credited=won) for name, won in balances.banks],
        issued=balances.issued,
    )
