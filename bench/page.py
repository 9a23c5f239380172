"""docs/performance.md, which each run writes again."""

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bench.figures import Figure, Section

INTRODUCTION = """\
# Performance

`make bench` writes this page and measures everything on it in one run. No test asserts these figures, since machines differ and their
speed varies. Ratios are medians of interleaved pairs on the same machine and engine; a spread is that of the middle half. Lower is
better everywhere.
"""

WHAT_KEEPS_IT_SO = """\
## Why it is fast

- A payment reads once and writes once. It reads only what the request names, and caches only policies.
- Functions make their clients with botocore alone, which reads its descriptions of AWS into plain dicts (`eeum.aws.clients`). The layer has
  these descriptions without documentation, and not compressed (`deployment/descriptions.py`).
- Garbage collection is off during a start, which makes no garbage, and later ignores what the start made (`eeum.aws`, `eeum.composition`).
  For that, a function imports from `eeum.aws` first, and Powertools' names through `eeum.aws.http`.
- A function imports only the parts of its use cases. Functions of streams and schedules import neither pydantic nor the HTTP edge.
- Only Powertools' event sources of an HTTP API are imported (`eeum.aws.powertools`). Pydantic prepares a body at its first use.
- The HTTP edge passes on only the headers that are read, and logs only refusals; the API's own log has a line for each request.
- What merchants are paid is appended in batches, and added once an hour to pages of a dozen merchants.
- Items contain no names, titles or texts, so that each fits one write unit. Earnings name layers, bands and funders, not sentences.
"""


def page(sections: Sequence[Section], seconds: float) -> str:
    figures = [figure for section in sections for figure in section.figures]
    lines = [INTRODUCTION, *table(figures), "", f"{_verdict(figures)}", ""]
    lines += ["## How it was measured", ""]
    for section in sections:
        lines += [f"### {section.title}", ""]
        lines += [f"- {figure.what}: {figure.how}" for figure in _without_repetition(section.figures)]
        for note in section.notes:
            lines += ["", note]
        lines.append("")
    lines += [WHAT_KEEPS_IT_SO, "## The machine", "", *(f"- {fact}" for fact in machine_facts(seconds)), ""]
    return "\n".join(lines)


def table(figures: Sequence[Figure]) -> list[str]:
    rows = ["| what | bound | reached | |", "|---|---|---|---|"]
    for figure in figures:
        spread = f" ({_number(figure.spread[0])} – {_number(figure.spread[1])})" if figure.spread else ""
        unit = f" {figure.unit}" if figure.unit else ""
        bound, verdict = "", ""
        if figure.bound is not None:
            bound, verdict = f"≤ {_number(figure.bound)}{unit}", "met" if figure.met else "**missed**"
        rows.append(f"| {figure.what} | {bound} | {_number(figure.reached)}{unit}{spread} | {verdict} |")
    return rows


def _number(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}"


def _verdict(figures: Sequence[Figure]) -> str:
    bounded = [figure for figure in figures if figure.bound is not None]
    missed = [figure.what for figure in bounded if not figure.met]
    if not missed:
        return f"All {len(bounded)} bounds are met."
    return f"{len(bounded) - len(missed)} of {len(bounded)} bounds are met; missed: {'; '.join(missed)}."


def _without_repetition(figures: Sequence[Figure]) -> list[Figure]:
    """The explanations of figures; those measured in the same way share one."""
    return list({figure.how: figure for figure in reversed(figures)}.values())[::-1]


def machine_facts(seconds: float) -> list[str]:
    return [
        f"{_processor()}, {os.cpu_count()} processors, {_memory_gib():.0f} GiB of memory, {platform.system()} {platform.machine()}",
        f"load average over the last 15 minutes: {os.getloadavg()[2]:.1f}",
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("botocore", "aws-lambda-powertools", "pydantic")),
        f"the run took {seconds:.0f} s",
    ]


def _processor() -> str:
    models = [line for line in _read("/proc/cpuinfo").splitlines() if line.startswith("model name")]
    return models[0].partition(":")[2].strip() if models else platform.processor() or "an unnamed processor"


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if sys.platform == "linux" else ""
