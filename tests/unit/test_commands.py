"""A use case takes a command and its dependencies: no more than four positional arguments."""

import ast

import pytest

from tests.unit.test_direction import MODULES, USE_CASES

MOST_ARGUMENTS = 4
PACKAGES = {"payments", "wallet", "merchants", "budget"}


@pytest.mark.parametrize("name", sorted(each for each in USE_CASES if each.partition(".")[0] in PACKAGES))
def test_no_use_case_has_more_than_four_positional_arguments(name: str) -> None:
    for node in ast.parse(MODULES[name].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            taken = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
            assert len(taken) <= MOST_ARGUMENTS, f"{name}.{node.name} takes {', '.join(taken)}"
            assert node.args.vararg is None, f"{name}.{node.name}"
