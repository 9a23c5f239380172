"""What a redrive does with each message, for every behaviour of functions and queues."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from operations.failure import OperationFailed
from operations.redrive import Outcome, redrive

RECORD = {"dynamodb": {"Keys": {"pk": {"S": "WALLET#1"}, "sk": {"S": "PAYMENT#1"}}}}
DEAD_LETTER = json.dumps({"kind": "parked_record", "reason": "then", "record": RECORD})
BATCH = json.dumps({"DDBStreamBatchInfo": {"batchSize": 20, "startSequenceNumber": "100"}})
SLOW = json.dumps({"kind": "slow_record", "record": RECORD})
SLOW_LANE = (SLOW,)
"""The message in the slow lane's queue; all others are in the other queue."""
Answer = Callable[[dict[str, Any]], Any]


class Queue:
    """A queue: received messages are hidden until their visibility is restored."""

    def __init__(self, *bodies: str) -> None:
        self.messages = dict(enumerate(bodies))
        self.hidden: set[int] = set()

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int, **_: Any) -> Any:  # noqa: N803 - as boto3 calls it
        own = [number for number in self.messages if (self.messages[number] in SLOW_LANE) == (QueueUrl == "slow")]
        seen = [number for number in own if number not in self.hidden][:MaxNumberOfMessages]
        self.hidden |= set(seen)
        return {"Messages": [{"Body": self.messages[each], "ReceiptHandle": each} for each in seen]}

    def delete_message(self, *, ReceiptHandle: int, **_: Any) -> None:  # noqa: N803
        del self.messages[ReceiptHandle]

    def change_message_visibility(self, *, ReceiptHandle: int, **_: Any) -> None:  # noqa: N803
        self.hidden.remove(ReceiptHandle)


class Stack:
    """A stack whose functions answer as the test says."""

    def __init__(self, queue: Queue, cashback: Answer, catch_up: Answer | None = None) -> None:
        self.queue = queue
        self.resources = {"CashbackDeadLetterQueue": "address", "CashbackSlowDeadLetterQueue": "slow"}
        self.called: list[tuple[str, Any]] = []
        self._answers = {
            "CashbackCalculationFunction": cashback,
            "CashbackSlowFunction": cashback,
            "CashbackCatchUpFunction": catch_up,
        }

    def client(self, _service: str) -> Queue:
        return self.queue

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        self.called.append((function, event))
        answer = self._answers[function]
        assert answer
        return answer(event)


def answering(accrued: int = 0, already: int = 0, *reasons: str) -> Answer:
    return lambda _: {"posted": accrued, "already_posted": already, "parked": len(reasons), "reasons": list(reasons)}


def caught_up(unposted: int) -> Answer:
    return lambda event: {**event, "resume": None, "wallets": 4, "behind": 1, "posted": 2, "unposted": unposted}


def outcomes(stack: Stack) -> list[Outcome]:
    return [redriven.outcome for redriven in redrive(stack)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (answering(accrued=1), Outcome.POSTED),
        (answering(already=1), Outcome.ALREADY_POSTED),
        (answering(0, 0, "wallet_missing"), Outcome.STILL_PARKED),
    ],
)
def test_a_record_goes_to_the_function_as_it_is_and_its_message_goes_when_it_is_posted(
    answer: Answer, outcome: Outcome
) -> None:
    stack = Stack(Queue(DEAD_LETTER), answer)
    assert outcomes(stack) == [outcome]
    assert stack.called == [("CashbackCalculationFunction", {"Records": [RECORD], "redriven": True})]
    assert bool(stack.queue.messages) == (outcome is Outcome.STILL_PARKED)
    assert not stack.queue.hidden & set(stack.queue.messages)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(answering(accrued=1), Outcome.POSTED), (answering(0, 0, "too_large_for_one_transaction"), Outcome.STILL_PARKED)],
)
def test_a_record_of_the_slow_lane_goes_to_its_own_function_as_the_queue_brings_it(
    answer: Answer, outcome: Outcome
) -> None:
    stack = Stack(Queue(DEAD_LETTER, SLOW), answer)
    assert outcomes(stack) == [outcome] * 2
    (_, (function, event)) = stack.called
    assert (function, event["redriven"]) == ("CashbackSlowFunction", True)
    assert [json.loads(each["body"]) for each in event["Records"]] == [json.loads(SLOW)]
    assert bool(stack.queue.messages) == (outcome is Outcome.STILL_PARKED)


def test_more_messages_than_one_call_returns_are_each_processed_once() -> None:
    stack = Stack(Queue(*[DEAD_LETTER] * 25), answering(0, 0, "wallet_missing"))
    assert outcomes(stack) == [Outcome.STILL_PARKED] * 25
    assert len(stack.called) == 25
    assert stack.queue.hidden == set()


def test_a_function_that_fails_leaves_the_message_with_its_reason_and_the_next_is_processed() -> None:
    def answer(event: dict[str, Any]) -> Any:
        if len(stack.called) == 1:
            raise OperationFailed("it timed out")
        return answering(accrued=1)(event)

    stack = Stack(Queue(DEAD_LETTER, DEAD_LETTER), answer)
    stays, goes = redrive(stack)  # type: ignore[arg-type]
    assert (stays.outcome, stays.reason, goes.outcome) == (Outcome.STILL_PARKED, "it timed out", Outcome.POSTED)
    assert list(stack.queue.messages) == [0]


def test_many_batches_are_covered_by_one_catch_up() -> None:
    stack = Stack(Queue(BATCH, BATCH, BATCH), answering(), caught_up(0))
    assert outcomes(stack) == [Outcome.COVERED_BY_CATCH_UP] * 3
    assert [function for function, _ in stack.called] == ["CashbackCatchUpFunction"]
    assert stack.queue.messages == {}


def test_a_batch_stays_while_a_catch_up_leaves_something_unposted() -> None:
    stack = Stack(Queue(BATCH), answering(), caught_up(2))
    (stays,) = redrive(stack)  # type: ignore[arg-type]
    assert (stays.outcome, "2 entries" in stays.reason) == (Outcome.STILL_PARKED, True)


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"kind": "parked_record"}', '{"DDBStreamBatchInfo": null}', '{"kind": "other"}']
)
def test_an_unknown_message_stays(body: str) -> None:
    stack = Stack(Queue(body), answering())
    assert outcomes(stack) == [Outcome.STILL_PARKED]
    assert (stack.called, len(stack.queue.messages)) == ([], 1)


def test_a_record_without_keys_is_named_so() -> None:
    empty = json.dumps({"kind": "parked_record", "reason": "then", "record": {}})
    stack = Stack(Queue(empty), answering(0, 0, "KeyError: 'dynamodb'"))
    (stays,) = redrive(stack)  # type: ignore[arg-type]
    assert str(stays) == "a record without keys: still_parked (KeyError: 'dynamodb')"


def test_an_interrupted_command_makes_received_messages_visible_again() -> None:
    def interrupted(_event: dict[str, Any]) -> Any:
        raise KeyboardInterrupt

    stack = Stack(Queue(DEAD_LETTER, DEAD_LETTER), interrupted)
    with pytest.raises(KeyboardInterrupt):
        redrive(stack)  # type: ignore[arg-type]
    assert (len(stack.queue.messages), stack.queue.hidden) == (2, set())
