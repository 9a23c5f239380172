"""These tests need scipy, which is in the simulator's environment (`make test` uses it); without it they are not collected."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("scipy") else ["test_*.py"]
