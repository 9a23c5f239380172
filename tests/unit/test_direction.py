"""The imports that each part may make, the modules that do input and output, and the number of modules that a function loads.

The groups of parts are those of docs/decisions/0035: core <- ledger <- {programme, assurance} <- composition.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.template.template import functions
from tests.unit.test_layers import EEUM, HANDLERS, OF_OTHER_ENVIRONMENTS, _modules_loaded_by

CORE = ("core",)
LEDGER = ("policy", "budget", "merchants", "wallet", "payments", "cashback", "months")
"""In the order of their dependencies: each may import those before it. Merchants' records and months are the ledger's."""
PROGRAMME = ("policy_authoring", "budget_administration", "simulations", "dry_run", "commands")
ASSURANCE = ("balances", "audit")
LATER = ("statistics",)
"""Parts that read what the journal published, and that nothing of the others needs."""

MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "policy": {"core"},
    "budget": {"core", "policy"},
    "merchants": {"core", "policy"},
    "wallet": {"core", "policy", "budget"},
    "payments": {"core", "policy", "budget", "merchants", "wallet"},
    "cashback": {"core", "policy", "budget", "merchants", "wallet", "payments"},
    "months": {"core", "wallet", "cashback"},
    "policy_authoring": {"core", "policy"},
    "budget_administration": {"core", "policy", "budget", "months"},
    "simulations": {"core", "policy_authoring"},
    "dry_run": {*CORE, *LEDGER[:-1], "policy_authoring", "budget_administration"},
    "commands": {"core", "policy", "policy_authoring", "dry_run"},
    "balances": {"core"},
    "audit": {"core", "policy", "balances"},
    "statistics": {"core"},
    "publication": {"core", "wallet", "merchants", "months", "policy_authoring", "budget_administration"},
    "composition": {*CORE, *LEDGER, *PROGRAMME, *ASSURANCE},
}
"""The parts that each part may import; all other imports are refused."""

PART_OF_MODULE = {
    **dict.fromkeys(("policy.__main__", "policy.check"), "commands"),
    **{
        f"policy.{name}": "policy_authoring"
        for name in (
            "amending", "announcements", "comparison", "dates", "digest", "document_conditions", "document_faults",
            "document_models", "document_values", "document_warnings", "documents", "draft_store", "drafts", "events",
            "lifecycle", "loading", "names", "plain", "plain_conditions", "plain_layers", "proposal_store", "proposals",
            "validation", "validation_conditions", "validation_layers", "warnings_of_meaning", "warnings_of_sums",
            "wording",
        )
    },
    **{
        f"budget.{name}": "budget_administration"
        for name in (
            "alarms", "appropriation_store", "appropriations", "events", "forecast", "report", "showing", "use_cases",
            "watch_store", "watching",
        )
    },
    # Events are published about all parts.
    "publishing.parts": "publication",
    "publishing.ledger": "publication",
    # The audit's adapters of S3, which contain the roots and parts that it stores.
    "aws.roots": "audit",
    "aws.audit_parts": "audit",
}  # fmt: skip
"""Modules that belong to another part than their package."""
PACKAGES_OF_CORE = {"aws", "journal", "passes", "publishing"}

AGAINST_THE_TABLE: dict[tuple[str, str], str] = {}
"""Imports that exist against the table, each with its reason. The list may only get shorter."""
MOST_AGAINST_THE_TABLE = 0

MOST_MODULES = {
    "payment_authorisation.app": 87,
    "payment_authorisation.expiry": 75,
    "cashback_calculation.app": 95,
    "cashback_calculation.slow": 90,
    "cashback_calculation.catch_up": 90,
    "cashback_calculation.quotes": 89,
    "member_wallet.app": 103,
    "event_publisher.app": 60,
    "merchant_onboarding.app": 45,
    "programme_policy.app": 73,
    "programme_policy.budgets": 62,
    "programme_policy.queries": 55,
    "programme_policy.budget_watch": 60,
    "balance_projection.app": 50,
    "balance_projection.folding": 50,
    "balance_projection.queries": 62,
    "monthly_cap_reset.app": 35,
    "monthly_cap_reset.closing": 95,
    "monthly_cap_reset.freezing": 35,
    "ledger_audit.app": 77,
    "ledger_audit.conclusion": 77,
    "policy_simulation.app": 55,
    "public_page.app": 74,
}
"""The most modules of our own that a function may load at its start."""

IO_LIBRARIES = {
    "aws_lambda_powertools", "boto3", "botocore", "os", "pathlib", "pydantic", "pydantic_core", "random", "secrets",
    "socket", "subprocess", "threading", "time",
}  # fmt: skip
STORAGE = {"storage", "unit_of_work", "merging"}
VALUES_OF_STORAGE = {"Item", "Key", "MOST_WRITES", "Page", "Table", "Write"}
"""The names of the storage port that a pure module may use: values, and neither storages nor their errors."""
USE_CASES = {
    "audit.report", "audit.use_cases", "balances.folding", "balances.items", "balances.rebuild", "balances.use_cases",
    "balances.whole", "budget.funding", "budget.showing", "budget.use_cases", "budget.watching", "cashback.catch_up",
    "cashback.quoting", "cashback.showing", "cashback.use_cases", "cursors",
    "journal.history", "merchants.names", "merchants.use_cases", "months.closing", "months.freezing", "months.showing", "months.use_cases",
    "once", "passes.pace", "passes.use_cases", "payments.cancellations", "payments.holds", "payments.reversals",
    "payments.use_cases", "policy.amending", "policy.lifecycle", "policy.loading", "policy.use_cases",
    "simulations.use_cases", "wallet.budget_draws", "wallet.sweeping", "wallet.use_cases",
}  # fmt: skip
"""They call stores, or wait for them. Three of them also compute: `audit.report`, `balances.items` and `cashback.quoting`."""
DOCUMENTS = {
    "bodies", "cashback.bodies", "dry_run.events", "payments.bodies", "policy.document_conditions", "policy.document_faults",
    "policy.document_models", "policy.document_values", "policy.documents", "wallet.bodies",
}  # fmt: skip
"""Modules at the edge, which know pydantic."""
FILES_AND_COMMANDS = {
    "audit.root_folder", "dry_run.outcomes", "dry_run.platform", "dry_run.report", "policy.__main__", "policy.check"
}  # fmt: skip
IO_MODULES = USE_CASES | DOCUMENTS | FILES_AND_COMMANDS
"""Modules that do input or output, besides stores, AWS's and the composition. The list may only get shorter, except for use cases."""


class Import(NamedTuple):
    module: str
    name: str
    only_a_type: bool


def _name_of(path: Path) -> str:
    parts = path.relative_to(EEUM).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name: path for path in sorted(EEUM.rglob("*.py")) if (name := _name_of(path))}


@cache
def _imports_of(name: str) -> tuple[Import, ...]:
    """Every import of a module, also within functions; `eeum.` is removed from our own."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }

    def found() -> Iterator[Import]:
        for node in ast.walk(tree):
            only_a_type = id(node) in types
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, "", only_a_type) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{name}: relative imports hide their direction"
                yield from (Import(node.module or "", alias.name, only_a_type) for alias in node.names)

    return tuple(_ours(each) for each in found())


def _ours(each: Import) -> Import:
    """A submodule imported by its package's name counts as that submodule."""
    module = each.module.removeprefix("eeum.") if each.module.startswith("eeum.") else each.module
    if each.module == "eeum":
        return Import(each.name, "", each.only_a_type)
    inner = f"{module}.{each.name}"
    return Import(inner, "", each.only_a_type) if inner in MODULES else Import(module, each.name, each.only_a_type)


def _part(name: str) -> str:
    package = name.partition(".")[0]
    if name in PART_OF_MODULE:
        return PART_OF_MODULE[name]
    if package in PACKAGES_OF_CORE or (package == name and package not in MAY_IMPORT):
        return "core"
    return package


def _arrows() -> dict[str, set[str]]:
    return {name: {each.module for each in _imports_of(name) if each.module in MODULES} - {name} for name in MODULES}


def test_every_module_has_a_part_of_the_table() -> None:
    assert {_part(name) for name in MODULES} == set(MAY_IMPORT)
    assert set(PART_OF_MODULE) <= set(MODULES), "a module that was moved is still in the table"


def test_the_table_follows_the_groups() -> None:
    for place, part in enumerate(LEDGER):
        assert MAY_IMPORT[part] <= {*CORE, *LEDGER[:place]}, part
    for part in (*PROGRAMME, *ASSURANCE, *LATER):
        own = next(group for group in (PROGRAMME, ASSURANCE, LATER) if part in group)
        assert MAY_IMPORT[part] <= {*CORE, *LEDGER, *own}, part
    assert not [part for part in MAY_IMPORT if "composition" in MAY_IMPORT[part]]


def test_parts_import_what_the_table_allows() -> None:
    refused = {
        (name, other)
        for name, others in _arrows().items()
        for other in others
        if (mine := _part(name)) != (its := _part(other)) and its not in MAY_IMPORT[mine]
    }
    assert refused == set(AGAINST_THE_TABLE)
    assert len(AGAINST_THE_TABLE) <= MOST_AGAINST_THE_TABLE


def test_every_arrow_of_the_table_is_used() -> None:
    used = {(_part(name), _part(other)) for name, others in _arrows().items() for other in others}
    allowed = {(part, other) for part, others in MAY_IMPORT.items() if part != "composition" for other in others}
    assert not allowed - used


def test_imports_have_no_cycles() -> None:
    """Imports for types alone make a cycle, too."""
    waiting = {name: set(others) for name, others in _arrows().items()}
    while free := {name for name, others in waiting.items() if not others}:
        waiting = {name: others - free for name, others in waiting.items() if name not in free}
    assert not waiting, "in or behind a cycle"


def _does_io(name: str) -> bool:
    return (
        name in IO_MODULES
        or name.endswith("store")
        or name in STORAGE
        or name.startswith("aws")
        or name == "composition"
    )


@pytest.mark.parametrize("name", [each for each in MODULES if not _does_io(each)])
def test_a_module_is_pure_unless_it_is_listed(name: str) -> None:
    faults = _faults_of_purity(name)
    assert not faults, (
        f"{name} does input or output by {sorted(faults)}: list a use case in USE_CASES, keep rules free of it"
    )


@pytest.mark.parametrize("name", sorted(IO_MODULES))
def test_a_listed_module_is_not_pure(name: str) -> None:
    assert _faults_of_purity(name), "take it out of the list"


def _faults_of_purity(name: str) -> set[str]:
    """A pure module imports no store and no storage, not even for types, and loads no module that does input or output."""
    faults = set()
    for each in _imports_of(name):
        if each.module == "storage":
            faults |= {each.name} - VALUES_OF_STORAGE
        elif each.module in MODULES:
            is_store = each.module.endswith("store") or each.module == "unit_of_work"
            if _does_io(each.module) and (is_store or not each.only_a_type):
                faults.add(each.module)
        else:
            faults |= {each.module.partition(".")[0]} & IO_LIBRARIES
    return faults


@pytest.mark.parametrize("name", [each for each in MODULES if each.endswith("store")])
def test_a_store_says_what_each_access_costs(name: str) -> None:
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _sends(node):
            assert "unit" in (ast.get_docstring(node) or "").lower(), node.name


def _sends(function: ast.FunctionDef) -> bool:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    return bool(names & {"read", "query", "every_item", "commit", "_commit", "_page"})


def test_every_function_has_a_bound_on_its_modules() -> None:
    assert sorted(MOST_MODULES) == HANDLERS
    assert len(functions()) == len(HANDLERS) + len(OF_OTHER_ENVIRONMENTS)


@pytest.mark.parametrize("module", HANDLERS)
def test_a_function_loads_no_more_modules_than_it_may(module: str) -> None:
    package = module.partition(".")[0]
    loaded = [name for name in _modules_loaded_by(module) if name.partition(".")[0] in ("eeum", package)]
    most = MOST_MODULES[module]
    assert len(loaded) <= most, (
        f"{len(loaded)} modules of at most {most}: load where it is needed what not every request needs. "
        "A kind of entry is one module more for each function that knows entries: raise MOST_MODULES by that."
    )
