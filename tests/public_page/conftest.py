"""The site of the made-up release, written once for each file of tests."""

from __future__ import annotations

import pytest

from public_page.pages import Site
from tests.public_page import made_up
from tests.public_page.sites import site_of


@pytest.fixture(scope="module")
def made() -> Site:
    return site_of(made_up.release())
