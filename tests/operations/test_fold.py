"""`make fold` as a command: its call of the function, its output, and its exit status."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from operations import fold as command
from operations.failure import OperationFailed

DONE = {"batches": 3, "pages": 12, "as_of": "2021-01-05T12:00:00.000+09:00"}
NOTHING = {"batches": 0, "pages": 0, "as_of": None}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (DONE, 0, "3 batches were added to 12 pages; balances are of 2021-01-05T12:00:00.000+09:00."),
        (NOTHING, 0, "no instant yet: nothing was ever counted"),
        (OperationFailed("BalanceFoldFunction failed: BatchesMissing"), 2, "make fold: BalanceFoldFunction failed"),
    ],
)
def test_it_folds_once_and_its_exit_status_is_for_scripts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: Any, status: int, said: str
) -> None:
    invoked: list[tuple[str, Any]] = []

    def invoke(function: str, event: Any) -> Any:
        invoked.append((function, event))
        if isinstance(answer, OperationFailed):
            raise answer
        return answer

    monkeypatch.setattr(command, "stack_of", lambda arguments: SimpleNamespace(invoke=invoke))
    monkeypatch.setattr(sys, "argv", ["fold", "--stage", "local"])

    assert command.main() == status
    assert invoked == [("BalanceFoldFunction", {})]
    printed = capsys.readouterr()
    assert said in (printed.err if status else printed.out)
