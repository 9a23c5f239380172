"""The in-memory storage, under the name that the tests use."""

from eeum.dry_run.memory_store import InMemoryStorage, apply, holds, is_written, value_at

__all__ = ["InMemoryStorage", "apply", "holds", "is_written", "value_at"]
