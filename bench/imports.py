"""How much processor time an import takes, each time in an interpreter of its own."""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
_CODE = """
import time
before = time.process_time()
import {module}
print(1000 * (time.process_time() - before))
"""


@dataclass(frozen=True, slots=True)
class ImportTime:
    """Milliseconds of CPU of importing one module, with all that it needs of Python itself."""

    module: str
    median_ms: float
    slowest_ms: float


def import_time(module: str, times: int) -> ImportTime:
    """Import a module `times` times, with the bytecode of one more run at hand."""
    with TemporaryDirectory() as folder:
        _once(module, folder)
        found = [_once(module, folder) for _ in range(times)]
    return ImportTime(module, statistics.median(found), max(found))


def _once(module: str, bytecode: str) -> float:
    run = subprocess.run(
        [sys.executable, "-c", _CODE.format(module=module)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout)


def as_text(found: ImportTime) -> str:
    """Return one line for people."""
    return (
        f"import {found.module}: {found.median_ms:.1f} ms of CPU (median), "
        f"{found.slowest_ms:.1f} ms at most"
    )


def as_json(found: ImportTime) -> str:
    """Return the same for programs."""
    return json.dumps(asdict(found), indent=2)
