"""The layers of the code: what each may import, and what a function may load at its start."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.template.template import functions

ROOT = Path(__file__).parents[2]
EEUM = ROOT / "layers" / "eeum" / "python" / "eeum"
FUNCTIONS = ROOT / "functions"
SOURCES = sorted([*EEUM.rglob("*.py"), *FUNCTIONS.rglob("*.py")])
RULES = sorted(
    {*EEUM.glob("*/rules.py"), EEUM / "policy" / "conditions.py", *EEUM.glob("*.py")}
    - {EEUM / "composition.py", EEUM / "bodies.py"}
)

PARTS = {
    "payments",
    "wallet",
    "cashback",
    "merchants",
    "months",
    "policy",
    "balances",
    "audit",
    "simulations",
    "budget",
}
OF_AWS = {"boto3", "botocore", "aws_lambda_powertools"}
WRITES_AND_CONDITIONS = {
    "NOT_YET_STORED", "Absent", "Add", "AtLeast", "AtMost", "Condition", "Equals", "Put", "Query", "SetTo", "Update",
}  # fmt: skip
OVER_ALL_MEMBERS = {"cashback/gap_store.py", "balances/rebuild_store.py", "audit/store.py"}
"""Modules that may scan whole tables."""
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
CLOCKS |= {("time", name) for name in ("time", "time_ns", "localtime", "gmtime", "ctime")}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Module and name of every import in the file; the name is empty where a module is imported."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def _packages(path: Path) -> set[str]:
    return {module.partition(".")[0] for module, _ in _imports(path)}


def test_every_part_has_its_rules_use_cases_and_store() -> None:
    assert {path.parent.name for path in EEUM.glob("*/rules.py")} == PARTS
    for part in PARTS:
        for module in ("rules.py", "use_cases.py", "store.py"):
            assert (EEUM / part / module).exists(), f"{part}/{module}"


@pytest.mark.parametrize("path", RULES, ids=_name)
def test_rules_are_plain(path: Path) -> None:
    assert not _packages(path) & (
        OF_AWS | {"pydantic", "pydantic_core", "time", "os", "random", "socket"} - _allowed(path)
    )
    for module, _ in _imports(path):
        assert not module.startswith("eeum.aws"), module
        if path.name in ("rules.py", "conditions.py"):
            assert not module.endswith((".store", ".use_cases", ".bodies")), module
            assert module not in ("eeum.storage", "eeum.unit_of_work"), module


def _allowed(path: Path) -> set[str]:
    # A unit of work pauses for a random time, so that competing transactions do not meet again.
    return {"random"} if path.name == "unit_of_work.py" else set()


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_one_but_the_clock_asks_what_time_it_is(path: Path) -> None:
    if path == EEUM / "aws" / "clock.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in CLOCKS, f"line {node.lineno}"
    assert not {name for module, name in _imports(path) if (module, name) in CLOCKS}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_only_stores_build_writes_and_conditions(path: Path) -> None:
    if path.name.endswith(("store.py", "unit_of_work.py")) or path in (
        EEUM / "aws" / "dynamodb.py",
        EEUM / "aws" / "expressions.py",
        EEUM / "merging.py",  # Part of the storage port: it merges several writes into one.
        EEUM / "cursors.py",  # Shared by both storages.
    ):
        return
    used = {name for module, name in _imports(path) if module == "eeum.storage"}
    assert not used & WRITES_AND_CONDITIONS


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_aws_libraries_stay_at_the_edge(path: Path) -> None:
    allowed: set[str] = set()
    if path.is_relative_to(EEUM / "aws"):
        allowed = {"botocore", "aws_lambda_powertools"}
    elif path.is_relative_to(FUNCTIONS):
        allowed = {"aws_lambda_powertools"}
    assert not _packages(path) & (OF_AWS - allowed)


@pytest.mark.parametrize("path", sorted(EEUM.rglob("*.py")), ids=_name)
def test_pydantic_is_used_at_the_edges_only(path: Path) -> None:
    edges = {
        "bodies.py",
        "documents.py",
        "document_models.py",
        "document_values.py",
        "document_conditions.py",
        "events.py",
    }
    if path.name not in edges and not path.is_relative_to(EEUM / "aws"):
        assert not _packages(path) & {"pydantic", "pydantic_core"}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_only_work_over_all_members_scans_and_all_writes_are_transactions(
    path: Path,
) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"put_item", "update_item", "delete_item", "batch_write_item", "execute_statement"}
    assert "scan" not in called or _name(path).removeprefix("layers/eeum/python/eeum/") in OVER_ALL_MEMBERS


COMPOSITION = EEUM / "composition.py"


def _made_in(path: Path) -> set[str]:
    """The names of stores and clients that a module calls to construct them."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    return {name for name in names if name.endswith("Store") or name in {"aws_client", "DynamoDbStorage", "EventBus"}}


def test_one_module_makes_stores_and_clients() -> None:
    """Exceptions: a store that reads through another, and the dry run, which is a platform in memory."""
    apart = {EEUM / "dry_run" / "platform.py": None, EEUM / "audit" / "store.py": {"PageStore"}}
    for path in SOURCES:
        if path != COMPOSITION and apart.get(path, set()) is not None:
            assert not _made_in(path) - (apart.get(path) or set()), _name(path)
    assert {"aws_client", "DynamoDbStorage", "EventBus", "WalletStore", "DraftStore", "AuditStore"} <= _made_in(
        COMPOSITION
    )


def test_the_domain_does_not_know_how_it_is_put_together() -> None:
    users = {path for path in SOURCES if any(module == "eeum.composition" for module, _ in _imports(path))}
    assert users
    assert not [_name(path) for path in users if path.is_relative_to(EEUM)]


def test_only_pages_of_balances_may_be_written_past_a_transaction() -> None:
    """Other modules have no storage of that type."""
    stores = {EEUM / "balances" / "fold_store.py", EEUM / "balances" / "rebuild_store.py"}
    given = {path for path in SOURCES if ("eeum.storage", "ProjectionStorage") in set(_imports(path))}
    assert given == {*stores, EEUM / "composition.py"}
    assert {path for path in SOURCES if "_alone.put(" in path.read_text(encoding="utf-8")} == stores


ENVIRONMENT = {
    "STAGE": "dev",
    "PROGRAMME": "incheon",
    "LEDGER_TABLE": "ledger",
    "MERCHANTS_TABLE": "merchants",
    "PROGRAMME_TABLE": "programme",
    "BALANCES_TABLE": "balances",
    "BUDGETS_TABLE": "budgets",
    "DEAD_LETTER_QUEUE_URL": "https://queue",
    "SLOW_QUEUE_URL": "https://queue",
    "SIMULATIONS_QUEUE_URL": "https://queue",
    "SIMULATIONS_BUCKET": "simulations",
    "AUDIT_RECORDS_BUCKET": "records",
    "AUDIT_PARTS_BUCKET": "parts",
    "STATISTICS_BUCKET": "statistics",
    "WEB_BUCKET": "web",
    "EVENT_BUS": "the-bus",
    "AWS_DEFAULT_REGION": "ap-northeast-2",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "test",
}


OF_OTHER_ENVIRONMENTS = {"policy_simulation.worker.handler", "statistics_disclosure.app.handler"}
"""The simulator is built beside the first; the second needs scipy, which this environment does not have."""
HANDLERS = sorted(
    properties["Handler"].rpartition(".")[0]
    for properties in functions().values()
    if properties["Handler"] not in OF_OTHER_ENVIRONMENTS
)
"""The module of every function of the template."""


def _loaded_by(module: str) -> set[str]:
    """The packages that a new process has loaded after importing `module`."""
    return {name.partition(".")[0] for name in _modules_loaded_by(module)}


@cache
def _modules_loaded_by(module: str) -> set[str]:
    program = f"import sys, {module}; print(*sys.modules)"
    path = os.pathsep.join([str(EEUM.parent), str(FUNCTIONS)])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, **ENVIRONMENT}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "balance_projection.app",
        "balance_projection.folding",
        "cashback_calculation.app",
        "cashback_calculation.catch_up",
        "event_publisher.app",
        "monthly_cap_reset.app",
        "monthly_cap_reset.closing",
        "monthly_cap_reset.freezing",
        "payment_authorisation.expiry",
        "programme_policy.budget_watch",
    ],
)
def test_functions_of_stream_and_schedule_start_without_pydantic(module: str) -> None:
    assert not _loaded_by(module) & {"pydantic", "pydantic_core", "boto3"}


@pytest.mark.parametrize("module", ["member_wallet.app", "cashback_calculation.quotes"])
def test_functions_that_show_and_quote_cashback_do_not_load_accruals_and_the_month_close(module: str) -> None:
    loaded = _modules_loaded_by(module)
    assert "eeum.cashback.rules" in loaded
    assert not loaded & {"eeum.cashback.use_cases", "eeum.cashback.computing", "eeum.cashback.replay"}
    assert not loaded & {"eeum.cashback.catch_up", "eeum.months.closing", "eeum.months.store"}


@pytest.mark.parametrize("module", ["payment_authorisation.app", "member_wallet.app"])
def test_commands_start_without_budgets_which_few_policies_need_in_them(module: str) -> None:
    loaded = _modules_loaded_by(module)
    assert "eeum.wallet.budget_draws" in loaded
    assert not [each for each in loaded if each.startswith("eeum.budget")]


AUTHORS_POLICIES = {
    f"eeum.policy.{name}"
    for name in (
        "amending", "check", "document_faults", "document_warnings", "documents", "draft_store", "lifecycle", "loading",
        "proposal_store", "proposals", "validation", "validation_conditions", "validation_layers",
        "warnings_of_meaning", "warnings_of_sums",
    )
}  # fmt: skip
"""Policy authoring: validation, drafts and approvals."""
SHOWS_POLICIES = {
    f"eeum.policy.{name}"
    for name in (
        "announcements", "comparison", "digest", "document_conditions", "document_models", "drafts",
        "plain", "plain_conditions", "plain_layers", "wording",
    )
}  # fmt: skip
"""Modules that show policies: documents and plain words."""
MOVES_MONEY = ("eeum.wallet", "eeum.payments", "eeum.cashback", "eeum.budget", "eeum.journal", "eeum.balances")
TELL_POLICIES = ("programme_policy.", "policy_", "public_page.")
"""Functions that show policies in words."""
OPERATORS_ON_POLICIES = {"programme_policy.app", "policy_simulation.app"}


def test_the_listed_authoring_modules_exist() -> None:
    for name in AUTHORS_POLICIES | SHOWS_POLICIES:
        assert (EEUM.parent / Path(*name.split("."))).with_suffix(".py").exists(), name


@pytest.mark.parametrize("module", [each for each in HANDLERS if each not in OPERATORS_ON_POLICIES])
def test_only_operators_functions_load_policy_authoring(module: str) -> None:
    assert not _modules_loaded_by(module) & AUTHORS_POLICIES


@pytest.mark.parametrize("module", [each for each in HANDLERS if not each.startswith(TELL_POLICIES)])
def test_only_functions_of_policies_load_their_documents_and_words(module: str) -> None:
    # A wallet shows in words where a reward can be spent.
    allowed = {"eeum.policy.plain_conditions", "eeum.policy.wording"} if module == "member_wallet.app" else set()
    assert not _modules_loaded_by(module) & (SHOWS_POLICIES - allowed)


@pytest.mark.parametrize("module", ["programme_policy.queries", "programme_policy.app"])
def test_policy_functions_start_without_modules_that_move_money(module: str) -> None:
    assert not [each for each in _modules_loaded_by(module) if each.startswith(MOVES_MONEY)]


def test_functions_start_without_boto3s_resources() -> None:
    assert "boto3" not in _loaded_by("payment_authorisation.app")


def test_a_function_with_a_shifted_clock_does_not_start_where_money_is_real() -> None:
    program = "import payment_authorisation.app"
    path = os.pathsep.join([str(EEUM.parent), str(FUNCTIONS)])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, **ENVIRONMENT, "CLOCK_SHIFT_SECONDS": "60"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "only the stage local may shift its clock" in done.stderr


def test_no_function_needs_the_dry_run() -> None:
    for path in SOURCES:
        if not path.is_relative_to(EEUM / "dry_run") and path != EEUM / "policy" / "__main__.py":
            assert not [module for module, _ in _imports(path) if module.startswith("eeum.dry_run")], path
