"""An audit in a process of its own, which prints its peak memory: `python -m bench.audit_process < city.json`."""

import json
import resource
import sys
from datetime import datetime
from pathlib import Path

from eeum.audit.root_folder import RootFolder
from eeum.storage import Table
from operations.audit import audit
from operations.deployed_city import City


def main() -> None:
    asked = json.load(sys.stdin)
    tables = {Table(name): physical for name, physical in asked["tables"].items()}
    city = City(asked["programme"], asked["region"], tables, asked["endpoint"])
    roots = RootFolder(Path(asked["roots"]))
    report = audit(city, roots, datetime.fromisoformat(asked["now"]), lambda _: None, asked["processes"])
    own, others = (resource.getrusage(scope).ru_maxrss for scope in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    # The system reports only the peak of the largest child process; every child is counted with that peak.
    peak = own + (others * asked["processes"] if asked["processes"] > 1 else 0)
    print(json.dumps({"peak_kib": peak, "checked": dict(report.checked), "deviations": len(report.deviations)}))


if __name__ == "__main__":
    main()
