"""Each release's fixture, and its city in memory."""

import pytest

from tests.upgrade.calling import CallingCity, city_of
from tests.upgrade.fixture import Fixture, KeptRoots, paths, read


@pytest.fixture(scope="module", params=paths(), ids=lambda path: path.name.partition(".")[0])
def release(request: pytest.FixtureRequest) -> Fixture:
    return read(request.param)


@pytest.fixture
def city(release: Fixture) -> CallingCity:
    return city_of(release)


@pytest.fixture
def roots(release: Fixture) -> KeptRoots:
    return KeptRoots(release.roots)
