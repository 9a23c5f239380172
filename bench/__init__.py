"""`make bench`: measure everything in docs/performance.md, in one run.

Figures are medians and ratios of interleaved pairs, since a machine's speed varies. No test asserts them.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"

FUNCTION_ENVIRONMENT = {
    "STAGE": "local",
    "PROGRAMME": "incheon",
    "LEDGER_TABLE": "ledger",
    "MERCHANTS_TABLE": "merchants",
    "PROGRAMME_TABLE": "programme",
    "BALANCES_TABLE": "balances",
    "BUDGETS_TABLE": "budgets",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "LOG_LEVEL": "INFO",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:9/000000000000/dead-letters",
    "AWS_REGION": "ap-northeast-2",
    "AWS_DEFAULT_REGION": "ap-northeast-2",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
"""Variables that the template gives each function; functions read them when they are imported."""

os.environ.update(FUNCTION_ENVIRONMENT)
for folder in ("layers/eeum/python", "functions"):
    sys.path.insert(0, str(ROOT / folder))
