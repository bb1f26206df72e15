"""A real key server of three trusted issuers, and tokens signed with generated keys."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from advisor.adapters import environment
from advisor.adapters.jwks import JwksCache
from advisor.domain.entitlement import Role
from advisor.handlers import authorizer

ARN = "arn:aws:execute-api:us-east-1:000000000000:abc123/api/GET/api/user"
COGNITO = "https://cognito-idp.us-east-1.amazonaws.com/pool"
CLERK = "https://clerk.example.com"
OKTA = "https://okta.example.com/oauth2/default"

TRUSTED: list[dict[str, Any]] = [
    {
        "issuer": COGNITO,
        "audience": "app-1",
        "audience_claim": "client_id",
        "user_claim": "sub",
        "role_claim": "cognito:groups",
        "roles": {role.value: role.value for role in Role},
    },
    {
        "issuer": CLERK,
        "audience": ["https://app.example.com", "https://b"],
        "audience_claim": "azp",
        "role_claim": "roles",
        "roles": {"adviser": "advisor", "ops": "operator"},
    },
    {
        "issuer": OKTA,
        "audience": "api://alex",
        "audience_claim": "aud",
        "user_claim": "uid",
        "user_prefix": "okta:",
        "role_claim": "groups",
        "roles": {"Alex - Compliance Officers": "compliance", "Quants": "data_scientist", "GRC": "compliance"},
    },
]

Keys = list[rsa.RSAPrivateKey]
Sign = Callable[..., str]
Call = Callable[..., dict[str, Any]]
Refused = Callable[..., bool]
Admitted = Callable[[str], dict[str, str] | None]


@pytest.fixture(scope="session")
def rsa_keys() -> Keys:
    """Two keys: making one takes a while."""
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


class KeyServer:
    """Publishes keys like an issuer; counts how often it was asked."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        self.document: bytes | None = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked += 1
                body = json.dumps({"keys": server.entries}).encode() if server.document is None else server.document
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/jwks.json"

    def publish(self, kid: str, key: Any, **changes: Any) -> None:
        algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
        entry = json.loads(algorithm.to_jwk(key.public_key()))
        self.entries.append({**entry, "kid": kid, "use": "sig"} | changes)

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def issuer(rsa_keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    """The key server of three trusted issuers, with one published key."""
    server = KeyServer()
    server.publish("k1", rsa_keys[0])
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "authorizer")
    monkeypatch.setenv("TRUSTED_ISSUERS", json.dumps([{**entry, "jwks_url": server.url} for entry in TRUSTED]))
    monkeypatch.setattr(authorizer, "keys", JwksCache())
    environment.forget()
    yield server
    environment.forget()
    server.close()


@pytest.fixture
def sign(rsa_keys: Keys) -> Sign:
    """A token of the Cognito shape; None removes a claim."""

    def make(
        key: Any = None, *, kid: str | None = "k1", algorithm: str = "RS256", head: Any = None, **claims: Any
    ) -> str:
        now = int(time.time())
        content = {
            "iss": COGNITO,
            "sub": "user-1",
            "client_id": "app-1",
            "token_use": "access",
            "iat": now,
            "exp": now + 3600,
        } | claims
        content = {name: value for name, value in content.items() if value is not None}
        headers = ({"kid": kid} if kid else {}) | (head or {})
        return jwt.encode(content, key or rsa_keys[0], algorithm=algorithm, headers=headers)

    return make


@pytest.fixture
def call(issuer: KeyServer) -> Call:
    """The authorizer as API Gateway calls it."""

    def made(token: str, *, scheme: str = "Bearer ") -> dict[str, Any]:
        return authorizer.handler({"type": "TOKEN", "authorizationToken": scheme + token, "methodArn": ARN}, None)

    return made


@pytest.fixture
def refused(call: Call) -> Refused:
    """True when API Gateway would answer 401: for exactly this error."""

    def made(token: str, *, scheme: str = "Bearer ") -> bool:
        with pytest.raises(Exception, match=r"^Unauthorized$") as error:
            call(token, scheme=scheme)
        return type(error.value) is Exception

    return made


@pytest.fixture
def admitted(call: Call) -> Admitted:
    """What the API learns of a token's bearer, or None for a 401; any other failure is the test's."""

    def made(token: str) -> dict[str, str] | None:
        try:
            return dict(call(token)["context"])
        except Exception as error:
            if type(error) is Exception and str(error) == "Unauthorized":
                return None
            raise

    return made
