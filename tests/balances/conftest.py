"""Set the environment that the function reads on import; the tests of the HTTP edge define it."""

import tests.http.conftest  # noqa: F401
