"""This machine: the emulator as a process, ports, waiting."""

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
# The longest wait for something that happens by itself: a schedule of a minute, say, on a busy machine.
PATIENCE = 150
# Requests at a time: most of the time of each is waiting.
AT_A_TIME = 8


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def side_by_side(work, items):
    """Does it with each, several at a time."""
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(work, items))


def until(what, happens):
    """Waits until something is so, and returns what it is."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := happens():
            return found
        time.sleep(0.1)
    sys.exit(f"not within {PATIENCE} s: {what}")


@contextlib.contextmanager
def emulator(folder):
    """ministack, on a port of its own, reached from this machine only."""
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
