"""The command that checks policy documents before they are loaded, and the JSON Schema it prints."""

import json
from pathlib import Path
from typing import Any

import pytest

from eeum.policy.__main__ import main
from eeum.policy.check import schema
from eeum.policy.documents import canonical_document
from eeum.policy.validation import problems_beside, problems_of_history
from tests.unit.policy.policy_documents import document

PUBLISHED_SCHEMA = Path(__file__).parents[3] / "policies" / "policy.schema.json"


def written(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_valid_document_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "policy.json", document(("layers.0.limits", ["monthly-spend", "monthly-reward"])))

    assert main(["check", path]) == 0
    assert capsys.readouterr().out == f"{path}: haneul-2026-01-01 from 2026-01-01T00:00:00+09:00 is valid\n"


def test_a_valid_document_that_may_not_be_meant_passes_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "policy.json", document())

    assert main(["check", path]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: haneul-2026-01-01 from 2026-01-01T00:00:00+09:00 is valid",
        f"{path}: is this meant? limits.1: No layer has monthly-reward in its limits, so it has no effect. [not_used]",
    ]


def test_a_policy_is_said_in_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "policy.json", document())

    assert main(["explain", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["이름: 월 30만원까지 10% 캐시백", "    Name: 10 % back on the first 300,000 won of a month"]
    assert "    Limit monthly-spend: up to 300,000 won of spend a month" in lines
    assert len(lines) % 2 == 0


def test_what_has_faults_is_not_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "policy.json", document(("layers.0.limits.0", "none"), ("layers.0.bands.0.up_to", None)))

    assert main(["explain", path]) == 1
    assert capsys.readouterr().out.endswith("[unknown_limit]\n")


def test_each_fault_is_a_line_with_path_reason_and_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "policy.json", document(("layers.0.limits", ["monthly-spend", "yearly"])))

    assert main(["check", path]) == 1
    assert capsys.readouterr().out == (
        f"{path}: layers.0.limits.1: yearly is not the id of one of the policy's limits. [unknown_limit]\n"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("layers.0.max", 3_000), "layers.0.max: There is no word max here. Instead: most_at_once for one payment, or a limit"),
        (("layers.0.limit", []), "layers.0.limit: There is no word limit here. Instead: limits."),
        (("wallet.holding_limits", 1), "wallet.holding_limits: There is no word holding_limits here. Is holding_limit meant?"),
        (("groups", [{"id": "g", "counts": "highest", "of": []}]), "groups.0.of: There is no word of here. There are counts, id, title."),
        (("layers.0.bands.0.rate_basis_points", "10%"), "A whole number belongs here, without quotes, commas and decimals, "
         'not "10%". In basis points: 10 % is 1000'),
        (("limits.0.window", "day"), "limits.0.window: One of these belongs here: 'month', 'half_month', 'year' or 'event', "
         'not "day". There is none of a day or a week'),
        (("layers.0.funders", ["city"]), 'layers.0.funders.0: An object belongs here, { … } with funder, share, not "city".'),
        (("layers.0.limits", "monthly-spend"), 'layers.0.limits: A list belongs here, of one thing too: [ … ], not "monthly-spend".'),
        (("title.ko", "가\u200b나"), "Text on one line belongs here, without spaces at either end, unusual spaces or "
         'characters that cannot be seen, not "가?나".'),
        (("title.en", "  "), "Text on one line belongs here, without spaces at either end"),
        (("layers.0.id", "소상공인"), '"소상공인" is no name: lower-case letters, digits, - and _'),
        (("layers.0.title", "10 %"), 'An object belongs here, { … } with en, ko, not "10 %".'),
        (("layers.0.when", {"fact": "channel", "in": "taxi"}),
         'layers.0.when.in: A list belongs here, of one thing too: [ … ], not "taxi".'),
        (("layers.0.when", {"fact": "channel", "in": ["taxi"], "above": 1}),
         "layers.0.when.above: There is no word above here. There are fact, in."),
        (("layers.0.when", {"fact": "merchant_flags", "in": ["partner"]}),
         "merchant_flags is not compared in this way. It is compared with has."),
        (("layers.0.when", {"fact": "category", "in": ["taxi"]}), "There is no such fact. In this way: card_issuer, "),
        (("layers.0.when", {"fact": "time_of_day", "from": "9:00", "until": "18:00"}),
         '"9:00" is no time of day; such as "09:00"'),
        (("layers.0.when", {"fact": "channel"}), 'such as {"fact": "channel", "in": ["taxi"]}'),
        (("earns_from-", None), "earns_from: earns_from is required here and is missing. Which purses earn"),
        (("layers.0.id", "a\n\u202eb"), 'layers.0.id: "a??b" is no name'),
        (("limits.0.amount", float(10**60)), "not so large a number"),
        (("names", {"districts": {"북동": {"ko": "북동"}}}), 'names.districts.북동: "북동" is no name: lower-case letters'),
        (("names", {"places": {}}), "names.places: There is no word places here. There are card_issuers, card_products, categories"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_fault_of_shape_says_what_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, Any], told: str
) -> None:
    assert main(["check", written(tmp_path, "policy.json", document(change))]) == 1
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "not_json"), ("[" * 100_000, "not_json"), ("[]", "model_type"), ("{}", "missing")],
    ids=["empty", "nested_without_end", "list", "empty_object"],
)
def test_a_file_that_is_no_document_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, code: str
) -> None:
    assert main(["check", written(tmp_path, "policy.json", content)]) == 1
    assert f"[{code}]" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_said_to_be_unreadable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.json")]) == 1
    assert "[unreadable]" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["check"], ["schema", "policy.json"], ["--all"]])
def test_other_arguments_show_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


NEXT = (("version", "haneul-2026-02-01"), ("starts_at", "2026-02-01T00:00:00+09:00"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (NEXT, []),
        (NEXT[:1], [("starts_at", "repeated_version")]),
        (NEXT[1:], [("version", "repeated_version")]),
        ((), [("version", "repeated_version")]),
        ((*NEXT, ("programme", "bada")), [("programme", "other_programme")]),
        ((*NEXT, ("limits.1.measure", "spend")), [("limits", "measure_changed")]),
    ],
    ids=["next_version", "same_start", "same_name", "same_file", "other_programme", "limit_measures_something_else"],
)
def test_versions_are_checked_as_one_history(
    changes: tuple[tuple[str, Any], ...], expected: list[tuple[str, str]]
) -> None:
    history = [canonical_document(document()), canonical_document(document(*changes))]
    assert [(path, code) for path, code, _ in problems_of_history(history)] == expected


_OCTOBER = {"id": "festival", "window": "event", "amount": 1_000_000, "from": "2026-10-01T00:00:00+09:00"}


@pytest.mark.parametrize(
    ("pools", "changed"),
    [
        ([_OCTOBER | {"until": "2026-10-11T00:00:00+09:00", "amount": 2_000_000}], False),
        ([_OCTOBER | {"until": "2026-11-11T00:00:00+09:00"}], True),
        ([{"id": "festival", "window": "month", "amount": 1_000_000}], True),
        ([_OCTOBER | {"id": "festival-longer", "until": "2026-11-11T00:00:00+09:00"}], False),
    ],
)
def test_a_pool_of_another_window_is_another_pool(pools: list[dict[str, Any]], changed: bool) -> None:
    """A pool's money is stored by window: an extended festival would start again with the full amount."""
    first = document(("pools", [_OCTOBER | {"until": "2026-10-11T00:00:00+09:00"}]))
    second = document(*NEXT, ("pools", pools))
    found = [(path, code) for path, code, _ in problems_of_history([first, second])]
    assert found == ([("pools", "measure_changed")] if changed else [])
    beside = [(path, code) for path, code, _ in problems_beside(second, [first])]
    assert beside == found


def test_the_published_schema_is_the_one_of_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == PUBLISHED_SCHEMA.read_text(encoding="utf-8"), "write it again: make policy-schema"
    assert json.loads(PUBLISHED_SCHEMA.read_text(encoding="utf-8")) == schema()
