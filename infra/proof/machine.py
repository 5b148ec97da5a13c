"""The emulator as a process on this machine, and waiting for events."""

import concurrent.futures
import contextlib
import http.client
import os
import pathlib
import socket
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
REGION = "eu-central-1"
# The longest wait for an event, in seconds: a schedule of one minute on a busy machine, for example.
PATIENCE = 150
# Concurrent requests: a request spends most of its time waiting.
AT_A_TIME = 8


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def side_by_side(work, items):
    """Calls `work` with each item, several at a time."""
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(work, items))


def until(what, happens):
    """Waits until `happens` returns something true, and returns it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := happens():
            return found
        time.sleep(0.1)
    sys.exit(f"did not happen within {PATIENCE} s: {what}")


@contextlib.contextmanager
def emulator(folder):
    """Runs ministack on a free port of 127.0.0.1."""
    port = free_port()
    env = {**os.environ, "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "localhost", "GATEWAY_PORT": str(port),
           "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "AUTH": "true", "AWS_REGION": REGION,
           "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
           "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        env.pop(name, None)
    with open(pathlib.Path(folder) / "ministack.log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "ministack"], env=env, cwd=folder, stdout=log, stderr=log)
        try:
            def is_up():
                with contextlib.suppress(OSError):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                    connection.request("GET", "/_ministack/health")
                    return connection.getresponse().status == 200
            until("the emulator is up", is_up)
            yield env, port
        except BaseException:
            log.flush()
            print((pathlib.Path(folder) / "ministack.log").read_text(errors="replace")[-6000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait(timeout=20)
