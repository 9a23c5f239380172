"""The storage port in memory, under the name that tests know it by."""

from eeum.dry_run.memory_store import InMemoryStorage, apply, holds, value_at

__all__ = ["InMemoryStorage", "apply", "holds", "value_at"]
