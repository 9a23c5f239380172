"""The storage contract: cases that every storage must pass, and the engines that they run on."""

import pytest

# Set before any test imports one of them.
pytest.register_assert_rewrite("tests.contract.cases", "tests.contract.examples")
