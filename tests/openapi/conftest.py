"""Set the environment that the functions read on import; the tests of the HTTP edge define it."""

from tests.http.conftest import city, founded

__all__ = ["city", "founded"]
