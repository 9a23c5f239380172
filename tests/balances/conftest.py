"""The function is imported to be called: what it reads when it starts is set by the tests of the HTTP edge."""

import tests.http.conftest  # noqa: F401
