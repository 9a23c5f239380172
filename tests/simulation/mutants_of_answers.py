"""Safeguards of answers: a bank's reference, and how a payment ended."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from eeum.payments import holds, progress
from eeum.wallet import use_cases
from tests.simulation.mutation import Mutant, dropping, replacing

release = progress.release


@contextmanager
def _both(*gone: Any) -> Iterator[None]:
    with ExitStack() as stack:
        for each in gone:
            stack.enter_context(each)
        yield


def _always_voided(*arguments: object) -> object:
    entry, after = release(*arguments)  # type: ignore[arg-type]
    return entry, replace(after, ended_by="voided" if after.ended_by else None)


MUTANTS_OF_ANSWERS = (
    Mutant(
        "claim of a bank's reference",
        "a top-up neither reads the claim of its bank's reference nor requires it to be free",
        lambda: _both(
            replacing(use_cases, "claim_of", lambda _: None),
            dropping(lambda write, _: write.key.pk.startswith("BANK_REFERENCE#")),
        ),
    ),
    Mutant(
        "read of a bank's reference",
        "a top-up requires the reference to be free, and does not read its claim",
        lambda: patch.object(use_cases, "claim_of", lambda _: None),
        redundant="the claim's condition admits one top-up for each reference; a twin gets a busy error and credits nothing",
    ),
    Mutant(
        "how a hold ended",
        "an expired or reversed hold is shown as voided",
        lambda: patch.object(holds, "release", _always_voided),
    ),
)
