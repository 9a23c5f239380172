"""These tests run in the simulator's environment, which has DuckDB; without it they are not collected."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("duckdb") else ["test_*.py"]
