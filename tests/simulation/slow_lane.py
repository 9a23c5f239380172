"""The slow lane of a simulated city: its records are delivered late, in another order, twice, or never.

Wallets of a simulation have few postings, and their corrections few changes. So here a wallet is long, and an entry full, far sooner.
"""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import cashback_calculation.app as stream_function
import cashback_calculation.slow as slow_function
from eeum.cashback import parts, use_cases
from eeum.cashback.sources import Source
from eeum.storage import Item, Storage
from tests.simulation.city import CONTEXT, Simulated
from tests.simulation.given_up import check_nothing_is_given_up
from tests.simulation.operations import ALONE, Operation

FEW_BYTES = 60
"""Largest size of the changes in one part: mostly those of one payment."""

FEW_POSTINGS = 8
"""Most postings of a wallet that the stream's function corrects itself."""

MOST_IN_A_BATCH = 10


@contextmanager
def small() -> Iterator[None]:
    """Use small parts, and treat a wallet as long after only a few accruals."""
    with patch.object(parts, "PART_BYTES", FEW_BYTES), patch.object(use_cases, "QUICK_ACCRUALS", FEW_POSTINGS):
        yield


@contextmanager
def kept(city: Simulated) -> Iterator[None]:
    """Keep what the stream's function sends to the slow lane in the city."""

    def send(_queue: str | None, records: Sequence[tuple[Source, dict[str, object]]]) -> None:
        city.slow += [record for _, record in records]

    def dead_letter(_record: object, reason: str) -> None:
        check_nothing_is_given_up([reason])

    with (
        patch.object(stream_function, "send_to_slow_lane", send),
        patch.object(stream_function, "dead_letter", dead_letter),
        patch.object(slow_function, "dead_letter", dead_letter),
    ):
        yield


def deliver_slow(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Deliver some records: mostly the first of one wallet, in order; or of several, in any order, or earlier ones again."""
    if not city.slow:
        return
    first = city.slow[0]
    waiting = [each for each in city.slow if _wallet_of(each) == _wallet_of(first)]
    if chance.random() < 0.3:
        waiting = city.slow[:]
        chance.shuffle(waiting)
    batch = waiting[: 1 if chance.random() < ALONE else chance.randint(1, MOST_IN_A_BATCH)]
    if city.slow_delivered and chance.random() < 0.2:
        batch += chance.choices(city.slow_delivered, k=2)
    city.focus.append(_wallet_of(batch[0]).removeprefix("WALLET#"))
    slow_function.logger.setLevel("CRITICAL")
    city.function.storage = storage
    slow_function.city, slow_function.entries = city.function, city.read_before
    answer = slow_function.handler({"Records": [_message(number, each) for number, each in enumerate(batch)]}, CONTEXT)
    failed = {int(each["itemIdentifier"]) for each in answer["batchItemFailures"]}
    done = {id(each) for number, each in enumerate(batch) if number not in failed}
    city.slow = [each for each in city.slow if id(each) not in done]
    city.slow_delivered = [*city.slow_delivered[-50:], *(each for each in batch if id(each) in done)]


def lose_slow(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Lose a message of the queue."""
    if city.slow and chance.random() < 0.3:
        city.slow.pop(chance.randrange(len(city.slow)))


def _message(number: int, record: Item) -> Item:
    group = _wallet_of(record)
    body = json.dumps({"kind": "slow_record", "record": record})
    return {"messageId": str(number), "body": body, "attributes": {"MessageGroupId": group}}


def _wallet_of(record: Item) -> str:
    pk: str = record["dynamodb"]["NewImage"]["pk"]["S"]
    return pk


SLOW_LANE: dict[str, tuple[Operation, float]] = {"deliver_slow": (deliver_slow, 10), "lose_slow": (lose_slow, 0.5)}
