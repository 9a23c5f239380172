"""Cases for every engine, with many threads at once."""

import secrets
from concurrent.futures import ThreadPoolExecutor

from eeum.payments.rules import Decline, Payment
from eeum.storage import Storage
from tests.simulation.on_engines import (
    MONTHS_AND_SOME,
    charge_wallet,
    city_on,
    do_at_once,
    pay_until_answered,
    spread_over,
)
from tests.simulation.running import steps_of

THREADS = 8
OPERATIONS = 900
CLIENTS = 64
OF_A_CLIENT = 3
CHARGED = 500_000
AMOUNT = 5_000


def a_small_city_survives_many_threads(storage: Storage) -> None:
    # Even, since this is a city under Incheon's policies.
    seed = 2 * secrets.randbits(31)
    city = city_on(storage, members=6, shops=4)
    try:
        do_at_once(city, list(spread_over(steps_of(seed, OPERATIONS), MONTHS_AND_SOME)), THREADS)
        city.check_end()
    except Exception as error:
        # The order of threads does not follow from a seed, but their steps do.
        error.add_note(f"the steps are those of seed {seed}")
        raise
    kinds = {item["kind"] for item in city.ledger()}
    missing = {"payment", "capture", "cancellation", "earning", "correction", "top_up"} - kinds
    assert not missing, f"{missing} under seed {seed}"


def many_clients_of_one_wallet_and_one_merchant_lose_nothing_and_overdraw_nothing(storage: Storage) -> None:
    city = city_on(storage, members=1, shops=1)
    wallet = charge_wallet(city, CHARGED)

    def client(number: int) -> list[tuple[str, Payment]]:
        answers = []
        for of_client in range(OF_A_CLIENT):
            # Neighbours share their last request, so that twins meet.
            owner = number // 2 if of_client == OF_A_CLIENT - 1 else number
            key = f"client-{owner:03}-request-{of_client:03}"
            answers.append((key, pay_until_answered(city, wallet, key, AMOUNT)))
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        answered = [each for answers in pool.map(client, range(CLIENTS)) for each in answers]

    by_key = dict(answered)
    assert len(by_key) == CLIENTS * (OF_A_CLIENT - 1) + CLIENTS // 2
    assert all(payment == by_key[key] for key, payment in answered), "twins got different answers"
    approved = {payment.acceptance.id for payment in by_key.values() if payment.decline is None}
    assert len(approved) == CHARGED // AMOUNT
    assert {payment.decline for payment in by_key.values()} == {None, Decline.INSUFFICIENT_FUNDS}

    items = city.ledger()
    assert {item["id"] for item in items if item["kind"] == "payment" and item["status"] == "approved"} == approved
    assert len([item for item in items if item["kind"] == "payment"]) == len(by_key)
    (state,) = (item for item in items if item["kind"] == "wallet")
    assert state["purses"]["charged"]["amount"] == 0
    assert state["due"] == len(approved)
    city.check_end()
