"""Engines as the contract starts them."""

from tests.contract.conftest import client, storage

__all__ = ["client", "storage"]
