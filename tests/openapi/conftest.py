"""The functions are imported to be described: what they read when they start is set by the tests of the HTTP edge."""

from tests.http.conftest import city, founded

__all__ = ["city", "founded"]
