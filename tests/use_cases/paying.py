"""Payments of a world one after another."""

from datetime import timedelta

from eeum.payments.rules import Payment
from eeum.wallet.rules import Wallet
from tests.use_cases.world import World


def paid(world: World, payer: Wallet, *amounts: int) -> list[Payment]:
    """Pay these amounts at one shop, a second apart."""
    made = []
    for amount in amounts:
        world.now += timedelta(seconds=1)
        made.append(world.pay(payer, world.shop(), amount).entry)
    return made
