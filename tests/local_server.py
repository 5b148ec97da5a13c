"""The local server, for the tests that are written in Python."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from contextlib import contextmanager


@contextmanager
def welcome(pack, *options):
    """Starts the local server of the executable SEATWISE on a free port; gives what it says then, and stops it at the
    end."""
    command = [os.environ["SEATWISE"], "--memory", "--port", "0", "--pack", pack, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        said = ""
        while "Ctrl-C" not in said:
            line = server.stdout.readline()
            if not line:
                sys.exit("the local server did not start")
            said += line
        try:
            yield said
        finally:
            server.terminate()


@contextmanager
def local_server(pack):
    """The same; gives its address."""
    with welcome(pack) as said:
        yield re.search(r"http://127\.0\.0\.1:\d+", said).group()


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
