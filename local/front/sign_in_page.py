"""The pools' sign-in page, with the people of the local city on it: one click signs one of them in.

The form belongs to the emulator's Cognito, as do the code and the tokens that follow. A click sends the form with the person's name and
the password, which is the same for all people of the local city.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode, urlsplit

from local import sign_in
from local.front import proxy

AUTHORIZE = "/oauth2/authorize"
LOGIN = "/login"
#: Who is to be signed in at the next request for a code, set by the page at `/`.
COOKIE = "local-sign-in-as"
#: The people who can sign in through a client, by the client's id.
People = Callable[[str], list[str]]
Answer = tuple[int, list[tuple[str, str]], bytes]

STYLE = """
:root {
  color-scheme: light dark; font-family: "Pretendard GOV", "Noto Sans KR", system-ui, sans-serif; line-height: 1.5;
  --line: #cdd1d5; --quiet: #58616a; --deep: #0b50d0; --page: #f4f5f6; --card: #fff; --text: #1e2124; --wrong: #bd2c0f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --line: #464c53; --quiet: #b1b8be; --deep: #7aa7ff; --page: #131416; --card: #1e2124; --text: #f4f5f6; --wrong: #ff8f7a;
  }
}
body { margin: 0; min-height: 100vh; word-break: keep-all; display: grid; place-items: center; background: var(--page); color: var(--text) }
main {
  box-sizing: border-box; width: min(26rem, 100vw); padding: 2rem 1.5rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
}
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1rem; margin: 1.75rem 0 .25rem }
p { margin: .25rem 0 1rem; color: var(--quiet); font-size: .9375rem }
form { display: block; margin: .5rem 0 }
button {
  box-sizing: border-box; width: 100%; min-height: 3rem; font: inherit; font-weight: 600; border-radius: .5rem; cursor: pointer;
}
.person { text-align: left; padding: 0 1rem; background: transparent; color: inherit; border: 1px solid var(--line) }
.person:hover { border-color: var(--deep); color: var(--deep) }
.submit { background: var(--deep); color: var(--card); border: 0; margin-top: 1rem }
label { display: block; margin-top: .75rem; font-size: .9375rem }
input {
  box-sizing: border-box; width: 100%; min-height: 3rem; padding: 0 .75rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--quiet); border-radius: .5rem;
}
:focus-visible { outline: 3px solid var(--deep); outline-offset: 2px }
.error { color: var(--wrong); font-weight: 600 }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
#: After the form the browser is redirected to the app, which the page's `form-action` must allow.
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'; base-uri 'none'"


def shows_a_form(path: str) -> bool:
    return urlsplit(path).path in {AUTHORIZE, LOGIN}


def signed_in_at_once(request: BaseHTTPRequestHandler, people: People, port: int) -> Answer | None:
    """The answer to a request for a code, if the page at `/` has chosen a person; else None."""
    address = urlsplit(request.path)
    chosen = SimpleCookie(request.headers.get("Cookie", "")).get(COOKIE)
    if request.command != "GET" or address.path != AUTHORIZE or chosen is None:
        return None
    client = parse_qs(address.query).get("client_id", [""])[0]
    if chosen.value not in people(client):
        return None
    page = proxy.ask(request, port)
    form = sign_in.form_fields(page[2].decode()) if page[0] == 200 else {}
    if form:
        form |= {"username": sign_in.address(chosen.value), "password": sign_in.PASSWORD}
        page = proxy.ask(request, port, LOGIN, urlencode(form).encode())
    status, headers, contents = page
    # Used once, so that the next sign-in asks again.
    return (
        status,
        [*headers, ("Set-Cookie", f"{COOKIE}=; Path=/oauth2; Max-Age=0; SameSite=Strict; HttpOnly")],
        contents,
    )


def with_people(answer: Answer, people: People) -> Answer:
    """The emulator's answer; if it is a page that asks for name and password, with the people to choose from."""
    status, headers, contents = answer
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    page = contents.decode(errors="replace") if kind.startswith("text/html") else ""
    hidden = sign_in.form_fields(page)
    if status != 200 or "client_id" not in hidden or 'name="password"' not in page:
        return answer
    error = re.search(r'<div class="error">([^<]*)</div>', page)
    shown = _page(hidden, people(hidden["client_id"]), error.group(1) if error else "")
    return (
        status,
        [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", POLICY),
            ("Cache-Control", "no-store"),
        ],
        shown.encode(),
    )


def _page(hidden: dict[str, str], people: list[str], error: str) -> str:
    """`error` is HTML already."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    persons = "".join(
        f"""<form method="post" action="{LOGIN}">{fields}
<input type="hidden" name="username" value="{escape(sign_in.address(person))}">
<input type="hidden" name="password" value="{escape(sign_in.PASSWORD)}">
<button class="person">{escape(person)}</button></form>"""
        for person in people
    )
    return f"""<!doctype html>
<html lang="ko">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>로그인 · Sign in</title><style>{STYLE}</style></head>
<body><main>
<h1>로그인 <span lang="en">· Sign in</span></h1>
<h2>로컬 도시 사람들 <span lang="en">· People of the local city</span></h2>
<p>한 번 누르면 로그인합니다. <span lang="en">One click signs in.</span></p>
{persons}
<h2>다른 계정 <span lang="en">· Another account</span></h2>
{f'<p class="error" role="alert">{error}</p>' if error else ""}
<form method="post" action="{LOGIN}">{fields}
<label for="username">이메일 <span lang="en">· Email</span></label>
<input id="username" name="username" autocomplete="username" required>
<label for="password">비밀번호 <span lang="en">· Password</span></label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="submit">로그인 <span lang="en">· Sign in</span></button></form>
</main></body></html>
"""
