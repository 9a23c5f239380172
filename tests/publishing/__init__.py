"""Events on the bus. Functions are imported here with the environment that the simulation gives them."""

import tests.simulation  # noqa: F401
