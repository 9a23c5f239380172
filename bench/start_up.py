"""The time until each function is ready, compared with a process that only makes a boto3 DynamoDB client, both from a host build."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench import FUNCTION_ENVIRONMENT, ROOT
from bench.figures import Figure, Pairs, Progress, Section, interleaved, seconds_of
from local import places

ROUNDS = 15
HTTP_BOUND = 1.5
PAYMENTS_BOUND = 1.45
EVENT_BOUND = 1.1
REFERENCE = "import boto3; boto3.client('dynamodb')"
READY = "; import os; os._exit(0)"
"""Ends a process as soon as it is ready. Python's orderly exit is no part of a start, and takes boto3 much longer."""


class Function(NamedTuple):
    logical_id: str
    module: str
    bound: float


FUNCTIONS = (
    Function("PaymentAuthorisationFunction", "payment_authorisation.app", PAYMENTS_BOUND),
    Function("CashbackQuoteFunction", "cashback_calculation.quotes", HTTP_BOUND),
    Function("MemberWalletFunction", "member_wallet.app", HTTP_BOUND),
    Function("MerchantOnboardingFunction", "merchant_onboarding.app", HTTP_BOUND),
    Function("ProgrammeQueryFunction", "programme_policy.queries", HTTP_BOUND),
    Function("ProgrammePolicyFunction", "programme_policy.app", HTTP_BOUND),
    Function("BudgetAdministrationFunction", "programme_policy.budgets", HTTP_BOUND),
    Function("BalanceQueryFunction", "balance_projection.queries", HTTP_BOUND),
    Function("BalanceProjectionFunction", "balance_projection.app", EVENT_BOUND),
    Function("CashbackCalculationFunction", "cashback_calculation.app", EVENT_BOUND),
    Function("EventPublisherFunction", "event_publisher.app", EVENT_BOUND),
    Function("MonthlyCapResetFunction", "monthly_cap_reset.app", EVENT_BOUND),
)


def measure(folder: Path) -> Section:
    build = _host_build(folder / "build")
    figures = []
    orderly = []
    for function in FUNCTIONS:
        ready = _pairs(build, function, READY)
        figures.append(
            Figure(
                f"Import and init of `{function.logical_id}`",
                function.bound,
                ready.ratio,
                "×",
                f"{ready.subject_milliseconds:.0f} ms, and {ready.reference_milliseconds:.0f} ms for boto3 and a client.",
                spread=ready.quartiles,
            )
        )
        orderly.append(_pairs(build, function, ""))
    whole = "; ".join(
        f"`{function.logical_id}` {pairs.ratio:.2f} ×" for function, pairs in zip(FUNCTIONS, orderly, strict=True)
    )
    return Section(
        "Start-up",
        figures,
        (
            f"Whole processes from their start until the function is ready, median of the ratios of {ROUNDS} interleaved pairs. Layers and "
            "functions are built by their own makefiles for this machine's Python, compiled `unchecked-hash`; both sides import from "
            "the same dependencies layer.",
            f"With Python's orderly exit, which no Lambda function makes, it is: {whole}.",
        ),
    )


def _pairs(build: Path, function: Function, end: str) -> Pairs:
    def seconds(code: str) -> float:
        command = [str(places.program("installer", "python")), "-B", "-c", code + end]
        return seconds_of(lambda: subprocess.run(command, env=_environment(build, function), check=True))

    subject = f"import {function.module}"
    for code in (subject, REFERENCE):
        seconds(code)
    what = f"start of {function.logical_id}" + ("" if end else ", with its exit")
    return interleaved(what, lambda: seconds(subject), lambda: seconds(REFERENCE), ROUNDS)


def _environment(build: Path, function: Function) -> dict[str, str]:
    folders = (build / function.logical_id, build / "EeumLayer/python", build / "DependenciesLayer/python")
    return {
        **FUNCTION_ENVIRONMENT,
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
    }


def _host_build(target: Path) -> Path:
    """Build layers and functions as `make build TARGET=host` does, by the same makefiles."""
    if shutil.which("make") is None:
        sys.exit("make bench: `make` is missing, which builds the functions; install it with your package manager.")
    sources = {
        "DependenciesLayer": ROOT / "layers/dependencies",
        "EeumLayer": ROOT / "layers/eeum",
        **{function.logical_id: ROOT / "functions" for function in FUNCTIONS},
    }
    progress = Progress("building for this machine", len(sources))
    for logical_id, source in sources.items():
        artifacts = target / logical_id
        artifacts.mkdir(parents=True)
        built = subprocess.run(
            ["make", "--makefile", str(source / "Makefile"), f"build-{logical_id}", f"ARTIFACTS_DIR={artifacts}"],
            cwd=source,
            env={**os.environ, "TARGET": "host"},
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            sys.exit(f"make bench: {logical_id} could not be built: {built.stderr.strip()}")
        progress.step()
    return target
