"""The two oracles are independent of what they judge, and of each other (docs/decisions/0042)."""

import ast
from pathlib import Path

import pytest

from tests.unit.test_direction import MODULES, _imports_of

SIMULATION = Path(__file__).parents[1] / "simulation"

VALUES_AND_THE_EVALUATOR = {
    "calendar": {"SEOUL", "month_of", "parse_instant", "previous_month", "text_of"},
    "errors": {"Refusal"},
    "ids": {"Digest", "digest_of", "entry_id", "natural_id", "request_digest"},
    "policy.amendments": {"Amendment", "EndChange", "Lifting", "Suspension", "Withdrawal"},
    "policy.conditions": {"Facts"},
    "policy.evaluation": {"evaluate"},
    "policy.rules": {
        "AFTER_PAYMENT", "AT_PAYMENT", "AT_TOP_UP", "NOTHING", "Evaluation", "RewardKind", "Layer", "Limit", "PolicyVersion", "Pool",
    },
    "policy.windows": {"CALENDAR_MONTH"},
}  # fmt: skip
"""What the audit's rules may use of the product: values, ids, the calendar, and the evaluator of policies."""

READING = {
    "audit.store": {"balances.page_store", "balances.rules", "balances.whole", "journal.accounts", "storage"},
    "audit.use_cases": {"policy.use_cases", "segments", "storage"},
}
"""The modules that read for the audit, and what else they may import."""

OF_THE_REFERENCE = {
    "eeum.budget.rules": {"Line"},
    "eeum.ids": {"entry_id", "request_digest"},
    "eeum.policy.conditions": {"Facts"},
    "eeum.policy.evaluation": {"evaluate"},
    "eeum.policy.rules": {"AFTER_PAYMENT", "AT_PAYMENT", "AT_TOP_UP", "Evaluation", "RewardKind", "Layer", "Limit", "PolicyVersion"},
    "eeum.policy.windows": {"EVENT", "Window"},
    "eeum.storage": {"Key", "Table"},
}  # fmt: skip
"""What the reference may use of the product."""

RULES_OF_THE_AUDIT = [
    name
    for name in MODULES
    if name.startswith("audit.") and name not in ("audit.report", "audit.roots", "audit.root_folder")
]


@pytest.mark.parametrize("name", RULES_OF_THE_AUDIT)
def test_the_audit_uses_no_rule_of_what_it_judges(name: str) -> None:
    for each in _imports_of(name):
        if each.module not in MODULES or each.module.startswith("audit.") or each.module in READING.get(name, ()):
            continue
        assert each.name in VALUES_AND_THE_EVALUATOR.get(each.module, ()), f"{name} uses {each.module}.{each.name}"


def test_every_import_that_the_audit_may_make_is_made() -> None:
    used = {(each.module, each.name) for name in RULES_OF_THE_AUDIT for each in _imports_of(name)}
    allowed = {(module, name) for module, names in VALUES_AND_THE_EVALUATOR.items() for name in names}
    assert not allowed - used


@pytest.mark.parametrize("path", sorted(SIMULATION.glob("reference*.py")), ids=lambda path: path.stem)
def test_the_reference_uses_no_rule_of_what_it_judges_and_nothing_of_the_audit(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("eeum"):
            used = {alias.name for alias in node.names}
            assert used <= OF_THE_REFERENCE.get(node.module or "", set()), f"{path.name} uses {node.module}: {used}"
