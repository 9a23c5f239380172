"""The audit finds what a release would disclose, whatever made the release."""

from __future__ import annotations

from dataclasses import replace

import pytest

from statistics_disclosure import release as publishing
from statistics_disclosure.audit import Ratio, audited, printed_alike
from statistics_disclosure.cells import CellId, Linked, linked
from statistics_disclosure.history import History
from statistics_disclosure.refusals import AuditFailed
from statistics_disclosure.release import publish, suppressed_cells
from statistics_disclosure.rules import parameters
from tests.disclosure.cities import City, Payment, computed

RULES = parameters()


def named(**coordinates: str) -> CellId:
    return CellId("payments", tuple(sorted(coordinates.items())))


@pytest.fixture
def tables() -> Linked:
    """Three districts of one category with 100,000, 200,000 and 300,000 won."""
    payments = [
        Payment("2020-11", f"d{number}", "food", f"s{number}-{shop}", f"m{number}-{shop}", "20s", 10_000 * number)
        for number in (1, 2, 3)
        for shop in range(10)
    ]
    town = City(tuple(payments), ("2020-11",), ("d1", "d2", "d3"), ("food",), (("d1",), ("d2", "d3")), "2020-11-30")
    document = computed(town)
    document["tables"] = [each for each in document["tables"] if each["id"] == "payments_by_month_district_category"]
    return linked(document)


def hidden(*districts: str) -> set[CellId]:
    cells = {named(month="2020-11", district=each) for each in districts}
    return cells | {named(month="2020-11", district=each, category="food") for each in districts}


def test_one_suppressed_cell_of_a_sum_is_found(tables: Linked) -> None:
    found = audited(tables, hidden("d1"), History(), RULES)
    assert {each.version.cell for each in found.findings} == hidden("d1")
    assert all(each.attained == pytest.approx(0, abs=1) for each in found.findings)


def test_a_sensitive_cell_that_is_shown_is_found(tables: Linked) -> None:
    """Suppression that forgets a cell leaves nothing to compute: the audit once found no fault with 437 cells of one member."""
    name = named(month="2020-11", district="d3", category="food")
    nine = replace(tables, cells={**tables.cells, name: replace(tables.cells[name], members=9)})
    assert audited(tables, [], History(), RULES).findings == ()
    (found,) = audited(nine, [], History(), RULES).findings
    assert (found.version.cell, found.attained) == (name, 0)


def test_two_of_the_same_size_protect_each_other(tables: Linked) -> None:
    found = audited(tables, hidden("d1", "d2"), History(), RULES)
    assert (found.audited, found.findings) == (4, ())


def test_a_share_printed_with_many_places_inverts_and_one_without_places_does_not(tables: Linked) -> None:
    part, whole = named(month="2020-11", district="d1"), named(month="2020-11")

    def findings(printed: str) -> int:
        ratio = Ratio(part, whole, *printed_alike(printed))
        return len(audited(tables, hidden("d1", "d2"), History(), RULES, [ratio]).findings)

    assert findings("0.166666666667")
    assert findings("0.17")
    assert not findings("0")


def test_the_interval_of_a_rounded_number_is_half_a_place_to_each_side() -> None:
    assert printed_alike("0.25") == pytest.approx((0.245, 0.255))
    assert printed_alike("3") == pytest.approx((2.5, 3.5))


def test_a_value_that_an_earlier_release_published_is_known(tables: Linked) -> None:
    history = History().extended(tables, [])
    problem = audited(tables, hidden("d1", "d2"), history, RULES)
    assert problem.audited == 0, "all of it is public, and nothing is left to protect"


def test_a_release_that_the_audit_refuses_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when secondary suppression were missing."""
    payments = [
        Payment("2020-11", district, "food", f"{district}-{number % 5}", f"{district}-{number}", "20s", 10_000)
        for district, count in (("small", 3), ("large", 40))
        for number in range(count)
    ]
    town = City(tuple(payments), ("2020-11",), ("small", "large"), ("food",), (("small",), ("large",)), "2020-11-30")
    only_primary = publishing.problem_of
    monkeypatch.setattr(publishing, "suppressed", lambda problem: problem.hidden)
    with pytest.raises(AuditFailed, match="could be computed within"):
        publish(computed(town))
    monkeypatch.undo()
    tables = linked(computed(town))
    assert only_primary(tables, History(), RULES).hidden
    assert suppressed_cells(tables, History(), RULES)
