"""The state machine for work over all wallets: there is one, and it limits the load on the table."""

from typing import Any

from tests.template.template import FUNCTION, ROLE, named_in, resources, statements

MACHINE = "AWS::StepFunctions::StateMachine"


def states() -> dict[str, Any]:
    found: dict[str, Any] = resources(MACHINE)["SegmentsMachine"]["Definition"]["States"]
    return found


def of_a_segment() -> dict[str, Any]:
    found: dict[str, Any] = states()["EverySegment"]["ItemProcessor"]["States"]
    return found


def test_there_is_one() -> None:
    assert set(resources(MACHINE)) == {"SegmentsMachine"}


def test_segments_are_executions_of_their_own_ten_at_once() -> None:
    every = states()["EverySegment"]
    assert every["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert every["MaxConcurrency"] == 10
    # If a segment fails, the execution fails: no result is made from the other segments.
    assert not {"ToleratedFailureCount", "ToleratedFailurePercentage", "Catch"} & set(every)


def test_a_segment_is_called_with_its_last_answer_until_that_says_it_is_done() -> None:
    call, choice = of_a_segment()["GoThrough"], of_a_segment()["IsThereMore"]
    assert call["Parameters"]["Payload.$"] == "$.call.event"
    assert (call["ResultSelector"], call["ResultPath"]) == ({"event.$": "$.Payload"}, "$.call")
    assert choice == {
        "Type": "Choice",
        "Choices": [{"Variable": "$.call.event.resume", "IsNull": True, "Next": "Done"}],
        "Default": "GoThrough",
    }


def test_what_fails_is_called_again_for_some_minutes() -> None:
    for state in (of_a_segment()["GoThrough"], states()["AtTheEnd"]):
        (retry,) = state["Retry"]
        assert retry["ErrorEquals"] == ["States.ALL"]
        assert sum(retry["IntervalSeconds"] * retry["BackoffRate"] ** n for n in range(retry["MaxAttempts"])) > 300


def test_it_calls_no_function_that_does_not_go_by_segments() -> None:
    (invoking,) = [
        each for each in statements(resources(ROLE)["SegmentsRole"]) if each["Action"] == "lambda:InvokeFunction"
    ]
    called = named_in(invoking["Resource"])
    told = {
        name for each in resources("AWS::Scheduler::Schedule").values() for name in named_in(each["Target"]["Input"])
    }
    assert called == told & set(resources(FUNCTION))
