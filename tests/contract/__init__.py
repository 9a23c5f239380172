"""What every storage must do, as cases, and the engines that are held to it."""

import pytest

# Before any of them is imported, by whichever test comes first.
pytest.register_assert_rewrite("tests.contract.cases", "tests.contract.examples")
