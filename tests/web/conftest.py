"""Browser tests of the web apps in Chromium, against one local city with its pages, API and sign-in.

These tests run in the environment `browser` (`make test` does so); where Playwright or Chromium is missing they are not collected.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.web.chromium import CHROMIUM

collect_ignore_glob = [] if find_spec("playwright") and CHROMIUM else ["test_*.py"]

if not collect_ignore_glob:
    pytest_plugins = ["tests.web.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/web" in item.path.as_posix():
            item.add_marker(pytest.mark.city)
