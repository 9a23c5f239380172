"""The pages in the local city: built from this checkout, and in the bucket that the template's distribution reads."""

from __future__ import annotations

from deployment import web
from deployment.web import NotBuilt
from local import places
from local.deployment import Stack
from local.emulator import Emulator

#: Shown at `/` where there are no pages. It has no style, since the distribution's content policy allows none.
UNBUILT = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>인천e음</title></head>
<body><main><h1>인천e음</h1>
<p>화면이 아직 빌드되지 않았습니다. Node.js 20.19 이상을 설치하고 <code>make run</code>을 다시 실행하십시오.
API는 <code>/api</code>에 있습니다.</p>
<p lang="en">The pages are not built. Install Node.js 20.19 or later and run <code>make run</code> again.
The API is at <code>/api</code>.</p>
</main></body></html>
"""


def build() -> str | None:
    """Build the pages if a source has changed. Return why that was not possible, else None: the city works without pages."""
    try:
        web.build()
    except NotBuilt as failure:
        return str(failure)
    return None


def publish(emulator: Emulator, stack: Stack) -> list[str]:
    """Upload the changed files of the pages; return their keys."""
    outputs = stack.outputs
    # The pools' pages are on the city's own address: the emulator has no host name for a pool's domain.
    configured = web.configuration(outputs | {"ResidentSignInUrl": "", "StaffSignInUrl": ""}, "local")
    storage, bucket = emulator.client("s3"), outputs["WebBucket"]
    if not (places.PAGES / "local" / "index.html").exists():
        storage.put_object(
            Bucket=bucket, Key="local/index.html", Body=UNBUILT.encode(), ContentType="text/html; charset=utf-8"
        )
    return web.upload(storage, bucket, places.PAGES, configured, leave_out=())
