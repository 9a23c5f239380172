"""Releases after other releases: an outsider compares them, so each is audited with all earlier ones."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from statistics_disclosure.history import History
from statistics_disclosure.refusals import CannotProtect, RevisionWithheld
from statistics_disclosure.release import publish
from tests.disclosure.cities import AGES, City, Document, Payment, city, computed
from tests.disclosure.outsider import Outsider, values_of
from tests.disclosure.test_random_cities import protected

SEEDS = range(4)
Releases = list[tuple[Document, Document]]


def all_is_protected(releases: Releases) -> None:
    """What was not changed between two releases is taken to be known as unchanged."""
    true = [values_of(document) for document, _ in releases]
    same = {name for name in set.intersection(*map(set, true)) if len({values[name] for values in true}) == 1}
    outsider = Outsider([release for _, release in releases], same)
    for number, name in outsider.unknown():
        least, most = outsider.interval(number, name)
        assert protected(name, true[number][name] or 0, most, least), (number, name, true[number][name], least, most)


def few(town: City) -> int:
    """A payment in the emptiest district that has one."""
    counts = {district: sum(each.district == district for each in town.payments) for district in town.districts}
    emptiest = min((count, district) for district, count in counts.items() if count)[1]
    return next(number for number, each in enumerate(town.payments) if each.district == emptiest)


@pytest.fixture(scope="module")
def corrected() -> dict[int, Releases | RevisionWithheld]:
    """By seed: two releases that differ by one payment, or the refusal of the second."""
    found: dict[int, Releases | RevisionWithheld] = {}
    for seed in SEEDS:
        town = city(seed)
        first = computed(town)
        published = publish(first)
        second = computed(town.cancelled(few(town), 100), revision=2)
        try:
            found[seed] = [(first, published.release), (second, publish(second, published.history).release)]
        except RevisionWithheld as withheld:
            found[seed] = withheld
    return found


def test_two_releases_that_differ_by_one_correction_protect_what_both_suppress(
    corrected: dict[int, Releases | RevisionWithheld],
) -> None:
    pairs = [each for each in corrected.values() if not isinstance(each, RevisionWithheld)]
    assert len(pairs) >= len(SEEDS) // 2
    for releases in pairs:
        all_is_protected(releases)


def test_what_was_suppressed_stays_suppressed(corrected: dict[int, Releases | RevisionWithheld]) -> None:
    for releases in corrected.values():
        if not isinstance(releases, RevisionWithheld):
            before, after = (values_of(release) for _, release in releases)
            assert {name for name, value in before.items() if value is None} <= {
                name for name, value in after.items() if value is None
            }


def village(members: int = 10) -> City:
    """A street of five equal shops with just enough members, beside another of four times as many, of all ages."""
    payments = [
        Payment(
            "2020-11", district, "food", f"{district}-{number % 5}", f"{district}-{number}", AGES[number % 4], 10_000
        )
        for district, count in (("small", members), ("large", 40))
        for number in range(count)
    ]
    return City(tuple(payments), ("2020-11",), ("small", "large"), ("food",), (("small",), ("large",)), "2020-11-30")


def test_a_correction_that_leaves_a_published_cell_with_nine_members_is_withheld() -> None:
    town = village()
    published = publish(computed(town))
    assert not [name for name, value in values_of(published.release).items() if value is None]

    with pytest.raises(RevisionWithheld) as withheld:
        publish(computed(town.cancelled(0), revision=2), published.history)
    assert withheld.value.months == ("2020-11",)


def test_a_cell_that_gains_its_tenth_member_stays_suppressed_with_its_partner() -> None:
    first = publish(computed(village(members=9)))
    hidden = {name for name, value in values_of(first.release).items() if value is None}
    assert hidden

    alone = publish(computed(village(), revision=2))
    assert not [name for name, value in values_of(alone.release).items() if value is None]
    # Beside the first release it would reveal the ninth member's neighbours: only one payment lies between both.
    second = computed(village(), revision=2)
    release = publish(second, first.history).release
    assert {name for name, value in values_of(release).items() if value is None} == hidden


def with_a_further_month(seed: int) -> tuple[Document, Document]:
    """What a random town has computed after two months, and after three."""
    town = city(seed, months=("2020-09", "2020-10", "2020-11"))
    months = town.months[:2]
    before = replace(
        town, payments=tuple(each for each in town.payments if each.month in months), months=months, as_of="2020-10-31"
    )
    return computed(before), computed(town)


def test_a_year_so_far_that_no_suppression_protects_is_refused() -> None:
    """The year after two months is public, and the third month alone lies between it and the year after three."""
    first, second = with_a_further_month(0)
    with pytest.raises(CannotProtect, match="year=2020"):
        publish(second, publish(first).history)


@pytest.mark.parametrize("seed", [2, 3])
def test_a_further_month_changes_no_status_of_the_months_before(seed: int) -> None:
    first, second = with_a_further_month(seed)
    published = publish(first)
    after = publish(second, published.history)

    old, new = values_of(published.release), values_of(after.release)
    for name, value in old.items():
        if not any(dimension == "year" for dimension, _ in name[1]):
            assert new[name] == value, name
    all_is_protected([(first, published.release), (second, after.release)])


def test_changes_of_suppressed_cells_are_listed_without_their_values() -> None:
    town = city(0)
    first = publish(computed(town))
    table = "payments_by_month_district_category"
    hidden, shown = (
        next(
            row["keys"]
            for each in first.release["tables"]
            for row in each["rows"]
            if each["id"] == table and row["status"] == status
        )
        for status in ("suppressed", "published")
    )
    changes = [{"table": table, "keys": keys, "before": 5, "after": 4} for keys in (hidden, shown)]
    revision = {"release_id": "2020-11-30.2", "replaces": "2020-11-30.1", "changes": changes}

    second = publish(computed(town, revision=2, revisions=[revision]), first.history).release
    assert second["revisions"][0]["changes"] == [changes[0] | {"before": None, "after": None}, changes[1]]


def test_a_history_is_the_same_after_it_was_stored() -> None:
    town = city(3)
    published = publish(computed(town))
    stored = json.loads(json.dumps(published.history.as_json()))
    assert History.of_json(stored) == published.history
    # Publishing the same tables once more adds nothing.
    assert publish(computed(town, revision=2), published.history).history == published.history
