"""An OpenID Connect provider on this machine."""

import http.server
import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "seatwise"


class Issuer:
    """Answers OpenID Connect discovery and key requests, and issues tokens."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        keys = {"keys": [{**public, "kid": "proof", "use": "sig", "alg": "RS256"}]}
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = self.path == "/.well-known/openid-configuration"
                answer = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"} if found else keys
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, person, **claims):
        now = int(time.time())
        own = {"email": f"{person}@acme.example", "email_verified": True}
        if person.startswith("service:"):
            own = {"client_id": person, "scope": "seatwise"}
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": person, "iat": now, "exp": now + 3600, **own, **claims}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "proof"})
