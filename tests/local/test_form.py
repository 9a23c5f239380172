"""This version refuses to run a city of another form, whose items its functions could not read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.city import FORM, City
from local.emulator import free_port
from local.failure import CityFailure

NAMED = {"wallet": "a wallet", "card": "a card", "shop": "a shop", "new_shop": "another"}


@pytest.mark.parametrize("made", [NAMED, {"form": FORM - 1, **NAMED}, {"form": FORM + 1, **NAMED}])
def test_a_city_of_another_form_is_refused_and_left_as_it_is(tmp_path: Path, made: dict[str, object]) -> None:
    file = tmp_path / "city.json"
    file.write_text(json.dumps(made))
    city = City(tmp_path, free_port())
    with pytest.raises(CityFailure, match="empty it with make reset"):
        city.check(None)
    city.lock.release()
    assert json.loads(file.read_text()) == made


def test_a_city_of_this_form_continues(tmp_path: Path) -> None:
    (tmp_path / "city.json").write_text(json.dumps({"form": FORM, **NAMED}))
    city = City(tmp_path, free_port())
    city.check(None)
    city.lock.release()
