"""Every refusal becomes a problem document with its own code."""

import inspect
import json
import re

import pytest

from eeum import errors
from eeum.aws.korean import FAULTS, OF_ANY_FAULT, PROBLEMS, korean_fault
from eeum.aws.korean_policies import POLICY_FAULTS
from eeum.aws.problems import STATUS, problem_of
from eeum.errors import Invalid, PolicyRefused, Refusal
from tests.template.template import ROOT

HANGUL = re.compile("[가-힣]")
REFUSALS = [
    error
    for error in vars(errors).values()
    if inspect.isclass(error) and issubclass(error, Refusal) and error is not Refusal
]


def _made(refusal: type[Refusal]) -> Refusal:
    if issubclass(refusal, Invalid):
        return refusal("amount", "is not a whole number of won", "not_whole")
    if issubclass(refusal, PolicyRefused | errors.AmendmentRefused):
        return refusal("It cannot be loaded.", (("layers.0.bands.1", "bands_overlap", "The bands overlap."),))
    return refusal("What it is about.")


def _all_below(refusal: type[Refusal]) -> set[type[Refusal]]:
    return {below for each in refusal.__subclasses__() for below in {each, *_all_below(each)}}


def test_the_table_has_every_refusal_and_nothing_else() -> None:
    assert set(STATUS) == set(REFUSALS) == _all_below(Refusal)


def test_each_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in REFUSALS]
    assert len(set(codes)) == len(codes)
    assert Refusal.code not in codes


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_becomes_a_problem_document(refusal: type[Refusal]) -> None:
    made = _made(refusal)
    document = problem_of(made)
    assert document["type"] == f"urn:eeum:problem:{refusal.code}"
    assert document["code"] == refusal.code
    assert document["detail"] == made.detail
    assert 400 <= document["status"] < 600
    assert document["status"] < 500 or refusal is errors.Busy
    assert json.loads(json.dumps(document)) == document


def test_each_code_has_a_sentence_in_korean() -> None:
    assert set(PROBLEMS) == {refusal.code for refusal in REFUSALS} | {"unsupported_media_type"}
    assert all(HANGUL.search(sentence) for sentence in (*PROBLEMS.values(), *FAULTS.values(), *POLICY_FAULTS.values()))


def test_every_fault_of_a_policy_that_is_explained_has_a_sentence_in_korean() -> None:
    page = (ROOT / "docs" / "policy-language" / "faults.md").read_text()
    explained = {
        code for row in re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)
    }

    assert len(explained) > 80
    assert explained <= set(FAULTS) | set(POLICY_FAULTS)
    assert not set(FAULTS) & set(POLICY_FAULTS)


def test_a_sentence_in_korean_names_the_bounds_of_its_fault() -> None:
    assert korean_fault("less_than_equal", {"le": 1_000_000_000_000}) == "1,000,000,000,000 이하여야 합니다."
    assert korean_fault("less_than_equal", {}) == korean_fault("a_code_to_come", {}) == OF_ANY_FAULT


def test_an_invalid_value_is_named_with_its_field_and_reason() -> None:
    (fault,) = problem_of(_made(Invalid))["errors"]
    assert (fault["path"], fault["code"]) == ("amount", "not_whole")


def test_each_fault_of_a_policy_is_named() -> None:
    (fault,) = problem_of(_made(PolicyRefused))["errors"]
    assert (fault["path"], fault["code"], fault["message"]) == (
        "layers.0.bands.1",
        "bands_overlap",
        "The bands overlap.",
    )
