"""docs/errors.md has every problem and every decline, with its status or reason, and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from eeum import errors
from eeum.aws.korean import FAULTS
from eeum.aws.problems import STATUS
from eeum.errors import Refusal
from eeum.payments.rules import CODES
from eeum.wallet.rules import TOP_UP_CODES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text()
CODE = sorted([*ROOT.glob("layers/eeum/python/eeum/**/*.py"), *ROOT.glob("functions/*/*.py")])
REFUSALS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Refusal)]
#: Codes of the HTTP edge itself, for requests that never reach the domain.
OF_THE_EDGE = {"unsupported_media_type": 415}
#: Faults of documents and amendments.
OF_OTHER_PROBLEMS = {
    "unknown_version",
    "unknown_layer",
    "unknown_suspension",
    "ends_before_start",
    "changes_nothing",
    "dict_type",
    "model_attributes_type",
}


def section(title: str) -> str:
    """The text below a heading, up to the next one of its level or above."""
    mark, _, _ = title.partition(" ")
    _, _, rest = PAGE.partition(f"\n{title}\n")
    assert rest, f"there is no heading {title}"
    return re.split(rf"\n#{{1,{len(mark)}}} ", rest)[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    table = section(title).partition("\n|")[2].partition("\n\n")[0]
    lines = f"|{table}".splitlines()
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_refusal_has_a_status() -> None:
    assert set(STATUS) == set(REFUSALS) - {Refusal}


def test_no_two_refusals_have_one_code() -> None:
    codes = [refusal.code for refusal in STATUS]

    assert len(set(codes)) == len(codes)


def test_every_problem_is_explained_with_its_status() -> None:
    expected = {refusal.code: status.value for refusal, status in STATUS.items()} | OF_THE_EDGE
    explained = {row[0]: row[1] for row in rows("## Problems")}

    assert explained == {code: str(status) for code, status in expected.items()}


def test_every_code_that_the_edge_writes_is_explained() -> None:
    source = (ROOT / "layers/eeum/python/eeum/aws/http.py").read_text()
    written = set(re.findall(r'problem\(HTTPStatus\.\w+, "(\w+)"', source))

    assert written <= {*OF_THE_EDGE, "not_found"}


@pytest.mark.parametrize("path", CODE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_fault_that_the_code_names_is_explained(path: Path) -> None:
    faults = section("### Faults of `invalid_request`")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Invalid":
            field, _, code = node.args if len(node.args) == 3 else [*node.args, ast.Constant("invalid_value")]
            if isinstance(field, ast.Constant) and field.value == "scheduled_at":
                continue  # of the schedule's event, which no client sends
            assert isinstance(code, ast.Constant)
            assert f"`{code.value}`" in faults, f"{path.name} names {code.value}"


def test_every_fault_that_is_explained_has_a_sentence_in_korean() -> None:
    named = set(
        re.findall(r"`(\w+)`", section("### Faults of `invalid_request`").partition("The platform's own codes:")[2])
    )
    ours = {row[0] for row in rows("### Faults of `invalid_request`")}
    explained = {code for cell in ours for code in re.findall(r"\w+", cell)}

    assert explained | {"extra_forbidden", "int_parsing", "string_unicode"} <= set(FAULTS)
    assert {code for code in FAULTS if code not in OF_OTHER_PROBLEMS} <= named


def test_every_decline_of_a_payment_is_explained_with_its_code() -> None:
    explained = {reason: code for code, reason, *_ in rows("### Payments and quotes")}

    assert explained == {decline.value: code for decline, code in CODES.items()}


def test_every_decline_of_a_top_up_is_explained_with_its_code() -> None:
    explained = {reason: code for code, reason, *_ in rows("### Top-ups")}

    assert explained == {decline.value: code for decline, code in TOP_UP_CODES.items()}


@pytest.mark.parametrize("page", ["errors.md", "clients.md", "sign-in.md", "openapi.json"])
def test_each_page_for_clients_says_that_a_key_belongs_to_a_caller_and_a_wallet(page: str) -> None:
    """Otherwise a client finds out by paying twice."""
    text = " ".join((ROOT / "docs" / page).read_text(encoding="utf-8").replace("*", "").split())
    sentences = re.findall(r"[^.]*pays again", text)
    assert any("wallet" in each or "card" in each for each in sentences), sentences
