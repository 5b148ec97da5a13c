"""Runs schemathesis against the local server, once for each pack of PACKS."""

import os
import subprocess
import sys
from pathlib import Path

from local_server import local_server

HERE = Path(__file__).parent
# A product where seats are bought, and one where the plan has them.
PACKS = ["purchased-seats", "role-seats"]
SEED = os.environ.get("SEATWISE_TEST_SEED", "20260101")
# The requests of each operation and phase, and the seconds for each pack.
EXAMPLES, SECONDS = "25", "100"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "valid_data_is_accepted",
]
# They end what the other requests need.
ENDINGS = ["deleteWorkspace", "leaveWorkspace", "deleteMe", "transferWorkspace"]


def check(pack):
    """Sends the requests. Returns whether every answer was right."""
    with local_server(pack) as address:
        command = [
            str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/openapi.json",
            "--seed", SEED, "--max-examples", EXAMPLES, "--max-time", SECONDS,
            "--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--continue-on-failure",
            "--generation-database", "none", "--warnings", "off", "--no-color", "--no-shrink",
            "--suppress-health-check", "all",
        ]
        for name in ENDINGS:
            command += ["--exclude-operation-id", name]
        places = f"{HERE}{os.pathsep}{HERE.parent}"
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": places, "SEATWISE_URL": address, "SEATWISE_PACK": pack,
        }
        return subprocess.run(command, env=environment).returncode == 0


results = {pack: check(pack) for pack in PACKS}
passed = sum(results.values())
print(f"schemathesis: {passed} passed, {len(results) - passed} failed")
sys.exit(passed != len(results))
