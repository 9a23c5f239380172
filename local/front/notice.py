"""What the front answers while the city opens, or after its emulator has ended."""

from __future__ import annotations

import base64
import hashlib
from html import escape

STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.6 }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { max-width: 34rem; padding: 2rem }
h1 { font-size: 1.5rem; margin: 0 0 .5rem }
p { margin: .25rem 0 }
.progress { margin-top: 1.5rem; opacity: .75; font-variant-numeric: tabular-nums }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'"


def sentence(opening: bool) -> str:
    """Why nothing answers, and what to do."""
    if opening:
        return "The local city is still opening; try again in a moment."
    return "The local city's emulator does not answer; the terminal that runs `make run` says why."


def page(opening: bool, progress: str) -> str:
    """A page that reloads itself until the city answers."""
    korean = (
        "로컬 도시를 여는 중입니다. 잠시 후 자동으로 다시 시도합니다."
        if opening
        else "에뮬레이터가 응답하지 않습니다. `make run`을 실행한 터미널에서 이유를 확인하십시오."
    )
    return f"""<!doctype html>
<html lang="ko">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>인천e음</title><style>{STYLE}</style></head>
<body><main>
<h1>인천e음</h1>
<p>{korean}</p>
<p lang="en">{escape(sentence(opening))}</p>
<p class="progress" lang="en">{escape(progress)}</p>
</main></body></html>
"""
