"""The local server, for the tests that are written in Python."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from contextlib import contextmanager


@contextmanager
def local_server(pack):
    """Starts the local server of the executable SEATWISE on a free port; gives its address, and stops it at the end."""
    command = [os.environ["SEATWISE"], "--memory", "--port", "0", "--pack", pack]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        addresses = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stdout)
        address = next((found.group() for found in addresses if found), None)
        if address is None:
            sys.exit("the local server did not start")
        try:
            yield address
        finally:
            server.terminate()


class Client:
    """Requests to the local server."""

    def __init__(self, address):
        self.address = address

    def post(self, path, body, token=None):
        """Sends JSON, and returns the JSON of the answer."""
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), headers, method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def sign_in(self, email):
        """Signs a person in; returns the token and the person's id."""
        token = self.post("/dev/sign-in", {"email": email})["token"]
        return token, self.post("/v1/me", {}, token)["user"]["id"]
