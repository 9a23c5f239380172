"""A small identity provider: a process that serves its discovery document and key, and tokens that are signed with it.

It signs what a test asks for, wrong tokens too. Whether a token is accepted is for the API to decide.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import PIPE, Popen
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

AUDIENCE = "city-currency"
KEY_ID = "2026-12"


class SecondIssuer:
    """A provider at a port of this machine. Its documents are served by another process, since they are read while tests wait."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.url = ""

    @cached_property
    def keys(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        modulus, exponent = (_number(each) for each in (numbers.n, numbers.e))
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": modulus, "e": exponent}]}

    def token(self, subject: str | None, scope: str | None, **claims: Any) -> str:
        """An access token for ten minutes; a claim of None is left out."""
        return self.signed({"alg": "RS256", "typ": "at+jwt", "kid": KEY_ID}, self._claims(subject, scope, claims))

    def signed(self, header: dict[str, Any], claims: dict[str, Any], key: rsa.RSAPrivateKey | None = None) -> str:
        """A token signed by RS256, whatever its header says; with another `key` than the one that is served, if given."""
        unsigned = f"{_encoded(header)}.{_encoded(claims)}"
        signature = (key or self.key).sign(unsigned.encode(), padding.PKCS1v15(), SHA256())
        return f"{unsigned}.{_text(signature)}"

    def unsigned(self, subject: str, scope: str) -> str:
        header = {"alg": "none", "typ": "at+jwt", "kid": KEY_ID}
        return f"{_encoded(header)}.{_encoded(self._claims(subject, scope, {}))}."

    def signed_with_the_public_key(self, subject: str, scope: str) -> str:
        """HS256, with the public modulus as the secret: a verifier that believes the header takes it."""
        header = {"alg": "HS256", "typ": "at+jwt", "kid": KEY_ID}
        unsigned = f"{_encoded(header)}.{_encoded(self._claims(subject, scope, {}))}"
        secret = self.keys["keys"][0]["n"].encode()
        return f"{unsigned}.{_text(hmac.digest(secret, unsigned.encode(), hashlib.sha256))}"

    def of_another_key(self, subject: str, scope: str) -> str:
        other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        return self.signed({"alg": "RS256", "kid": KEY_ID}, self._claims(subject, scope, {}), other)

    def _claims(self, subject: str | None, scope: str | None, claims: dict[str, Any]) -> dict[str, Any]:
        now = int(time.time())
        written = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "scope": scope,
            "iat": now - 5,
            "exp": now + 600,
            "azp": "some-client",
            **claims,
        }
        return {name: value for name, value in written.items() if value is not None}


@contextmanager
def second_issuer() -> Iterator[SecondIssuer]:
    """A running provider; its process ends with the context."""
    issuer = SecondIssuer()
    # Leaving `Popen` closes its pipes and waits for its end.
    with Popen([sys.executable, __file__], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps(issuer.keys) + "\n")
            process.stdin.flush()
            issuer.url = process.stdout.readline().strip()
            yield issuer
        finally:
            process.terminate()


def serve() -> None:
    """Serve the key that is read from standard input, and print the address."""
    keys = json.loads(sys.stdin.readline())

    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # as http.server calls it
            document = {"/.well-known/openid-configuration": discovery, "/keys": keys}.get(self.path)
            body = json.dumps(document).encode()
            self.send_response(200 if document else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Write no log into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Documents)
    url = f"http://127.0.0.1:{server.server_port}"
    discovery = {
        "issuer": url,
        "jwks_uri": f"{url}/keys",
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "end_session_endpoint": f"{url}/logout",
    }
    print(url, flush=True)
    server.serve_forever()


def _encoded(document: dict[str, Any]) -> str:
    return _text(json.dumps(document).encode())


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


if __name__ == "__main__":
    serve()
