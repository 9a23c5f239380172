"""The template equals its merged parts, the parts are readable, and the stack has room for more."""

from pathlib import Path

import pytest

from deployment import template_parts
from deployment.template_parts import MERGED, TEMPLATE, UnknownSection
from deployment.template_routes import BadRoute, definition_body
from tests.template.template import ROOT, template, translated

SERVICES = sorted((ROOT / "functions").glob("*/template.yaml"))
SHARED = sorted((ROOT / "template").glob("*.yaml"))
LONGEST_PART = 400
LARGEST_STACK = 400
"""CloudFormation's limit is 500; docs/decisions/0038 says what to do near it."""
FIRST_SERVICES, THEIR_RESOURCES = 10, 190
RESOURCES_OF_A_LATER_SERVICE = 25
RESOURCES_OF_THE_PAGES = 8
LARGEST_TEMPLATE = 1_000_000
"""In bytes."""


def test_the_checked_in_template_is_what_its_parts_say() -> None:
    assert TEMPLATE.read_text() == template_parts.text(), "run `make template`"


def test_every_part_is_merged_once() -> None:
    assert sorted(part.path for part in template_parts.parts()) == sorted([*SERVICES, *SHARED])
    every = [name for part in template_parts.parts() for name in part.document.get("Resources", {})]
    assert len(every) == len(set(every))
    assert set(every) <= set(template()["Resources"])


@pytest.mark.parametrize("part", [*SERVICES, *SHARED], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_part_can_be_read_at_once_and_says_what_it_is(part: Path) -> None:
    lines = part.read_text().splitlines()
    assert len(lines) <= LONGEST_PART
    assert lines[0].startswith("# ")
    assert lines[0].endswith(".")


def test_the_functions_of_a_service_are_in_its_part() -> None:
    for part in template_parts.parts():
        for name, function in part.functions.items():
            assert function["Handler"].partition(".")[0] == part.path.parent.name, name


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_stack_has_room_for_later_services(stage: str) -> None:
    resources = translated(template(), stage)["Resources"]
    later = len(SERVICES) - FIRST_SERVICES
    expected = THEIR_RESOURCES + RESOURCES_OF_THE_PAGES + RESOURCES_OF_A_LATER_SERVICE * later
    assert len(resources) <= min(expected, LARGEST_STACK)


def test_the_template_is_smaller_than_cloudformation_takes() -> None:
    assert TEMPLATE.stat().st_size < LARGEST_TEMPLATE // 2


def service(root: Path, text: str) -> Path:
    """A checkout with one service that has this part."""
    for name in (*template_parts.SHARED_FIRST, *template_parts.SHARED_LAST):
        (root / "template").mkdir(exist_ok=True)
        (root / "template" / f"{name}.yaml").write_text("# Nothing.\n")
    (root / "functions" / "gift_cards").mkdir(parents=True)
    (root / "functions" / "gift_cards" / "template.yaml").write_text(text)
    return root


def test_a_role_is_written_out_with_the_log_of_its_service(tmp_path: Path) -> None:
    part = """\
# Gift cards.

Resources:
  # Sells them.
  GiftCardFunction:
    Type: AWS::Serverless::Function
    Properties: {Handler: gift_cards.app.handler}

  GiftCardSaleRole: !FunctionRole
    # Only read.
    - Action: dynamodb:Query
      Resource: !GetAtt GiftCardsTable.Arn
"""
    merged = template_parts.text(service(tmp_path, part))
    assert "  # Sells them.\n  GiftCardFunction:\n" in merged
    (role,) = merged.split("  GiftCardSaleRole:")[1:]
    assert "        - PolicyName: gift_card_sale\n" in role
    assert "                Resource: !GetAtt GiftCardsLogGroup.Arn\n" in role
    assert (
        "              # Only read.\n"
        "              - Effect: Allow\n"
        "                Action: dynamodb:Query\n"
        "                Resource: !GetAtt GiftCardsTable.Arn\n"
    ) in role
    assert "  GiftCardsLogGroup:\n    Type: AWS::Logs::LogGroup\n" in role


def test_a_section_that_no_template_has_is_refused(tmp_path: Path) -> None:
    assert "Roots" not in MERGED
    with pytest.raises(UnknownSection, match=r"template\.yaml has Roots, which no template has"):
        template_parts.text(service(tmp_path, "# Gift cards.\n\nRoots:\n  GiftCardFunction: {}\n"))


@pytest.mark.parametrize(
    ("key", "scopes", "refused"),
    [
        ("get /gift_cards", ["eeum/wallet"], "must be a method and a path"),
        ("GET gift_cards", ["eeum/wallet"], "must be a method and a path"),
        ("GET /gift_cards", [], "must be for scopes of one pool, or for anyone"),
        ("GET /gift_cards", ["eeum/wallet", "eeum-staff/operate"], "must be for scopes of one pool, or for anyone"),
        ("GET /gift_cards", ["everything"], "must be for scopes of one pool, or for anyone"),
    ],
)
def test_a_route_is_for_scopes_of_one_pool_or_for_anyone(key: str, scopes: list[str], refused: str) -> None:
    with pytest.raises(BadRoute, match=refused):
        list(definition_body({"GiftCardFunction": {key: scopes}}))
