#!/usr/bin/env python3
"""Sets all up and runs it: `python3 run.py demo`, `test`, `check FILE`, `bench`, `chaos`, `fuzz`.

Needs Python 3.11 or later and nothing else. Makes .venv beside this file, installs the pinned
packages into it (again only when they change) and hands over to the application.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "installed-packages")
LOG = os.path.join(VENV, "install.log")
OURS = ("bot", "graph", "scheduling")
OF_DEVELOPERS = {"bench": "bench", "chaos": "tests.chaos", "fuzz": "tests.fuzz"}
WINDOWS = os.name == "nt"
PYTHON = os.path.join(VENV, "Scripts" if WINDOWS else "bin", "python.exe" if WINDOWS else "python")
RUNTIME, TESTS = "requirements.txt", "requirements-dev.txt"
# most tests of the whole suite wait for a program, a browser or a database: side by side
WHOLE = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")
NEED_TEST_PACKAGES = ("train-intents", "chaos", "fuzz")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
WHERE = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as play: print(play.chromium.executable_path)"
)


class Stop(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def say(words):
    """Tell what is being done, apart from what the application prints."""
    print(words, file=sys.stderr, flush=True)


def run(command, **options):
    """Run a command from the root; return its exit code."""
    return subprocess.call(command, cwd=ROOT, **options)


def quietly(command):
    """Run an installer with its words in the log, saying now and then that it still works.

    Its words may name hosts of this network, so they are never shown.
    """
    begun = time.monotonic()
    with open(LOG, "ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        while True:
            try:
                return process.wait(10)
            except subprocess.TimeoutExpired:
                say(f"... {time.monotonic() - begun:.0f} seconds")


def fingerprint(files):
    """Return what must be the same for the installed packages to be right."""
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as content:
            digest.update(content.read())
    return digest.hexdigest()


def installed():
    """Return the fingerprints of what was installed."""
    try:
        with open(STAMP, encoding="ascii") as stamp:
            return stamp.read().split()
    except OSError:
        return []


def make_venv():
    """Make .venv with pip, or say which package of the system is missing."""
    if os.path.exists(PYTHON) and run([PYTHON, "-c", ""], stderr=subprocess.DEVNULL) == 0:
        return
    say("Making the virtual environment (.venv) ...")
    shutil.rmtree(VENV, ignore_errors=True)
    if run([sys.executable, "-m", "venv", VENV], stdout=subprocess.DEVNULL):
        shutil.rmtree(VENV, ignore_errors=True)
        raise Stop(
            "Python cannot make a virtual environment here. On Debian or Ubuntu install it with\n"
            "    sudo apt install python3-venv\nand start again."
        )


def installer():
    """Return the command that installs packages: uv where it can be had, else pip."""
    uv = shutil.which("uv")
    own = os.path.join(os.path.dirname(PYTHON), "uv.exe" if WINDOWS else "uv")
    if uv is None and not os.path.exists(own):
        say("Fetching the installer (uv) ...")
        quietly([PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "uv"])
    if uv is None and os.path.exists(own):
        uv = own
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", PYTHON]
    return [PYTHON, "-m", "pip", "install", "--no-compile", "--disable-pip-version-check"]


def install(files):
    """Install the pinned packages unless exactly these are there."""
    mark = fingerprint(files)
    if mark in installed() and os.path.exists(PYTHON):
        return
    make_venv()
    command = installer()
    say("Installing packages (about 15 seconds with a fast connection) ...")
    begun = time.monotonic()
    wanted = [word for name in files for word in ("-r", name)]
    if quietly(command + wanted):
        pip = [PYTHON, "-m", "pip", "install", "--no-compile", "--disable-pip-version-check"]
        if command[0] == PYTHON or quietly(pip + wanted):
            raise Stop(
                "The packages could not be installed. Is there a network? A package index\n"
                "must be reachable at the first start; later starts need none. The installer's\n"
                f"own words stand in {LOG}."
            )
    # once, also where PYTHONDONTWRITEBYTECODE is set: else every start would compile it anew
    quietly([PYTHON, "-m", "compileall", "-q", *(os.path.join(ROOT, name) for name in OURS)])
    marks = [mark] + ([fingerprint([RUNTIME])] if len(files) > 1 else [])
    with open(STAMP, "w", encoding="ascii") as stamp:
        stamp.write("\n".join(marks))
    say(f"Installed in {time.monotonic() - begun:.0f} seconds.")


def browser():
    """Return the path of a Chromium, installing one where that is possible; never skip."""
    named = os.environ.get("CHROMIUM")
    if named:
        if shutil.which(named):
            return shutil.which(named)
        raise Stop(f"CHROMIUM names {named}, which is no program.")
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found:
        return found
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("Installing Chromium for the browser tests ...")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet = {"stdout": subprocess.DEVNULL, "env": environment}
        run(["apt-get", "update", "-qq"], **quiet)
        run(["apt-get", "install", "-y", "-qq", "chromium"], **quiet)
    else:
        quietly([PYTHON, "-m", "playwright", "install", "chromium"])
        shown = subprocess.run([PYTHON, "-c", WHERE], capture_output=True, text=True, check=False)
        if os.path.exists(shown.stdout.strip()):
            return shown.stdout.strip()
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found:
        return found
    raise Stop(
        "The browser tests need Chromium or Chrome. Install one, or name it:\n"
        "    CHROMIUM=/path/to/chromium python3 run.py test"
    )


def main(arguments):
    """Set up what the verb needs and do it; return the exit code."""
    if sys.version_info < (3, 11):
        found = ".".join(str(part) for part in sys.version_info[:3])
        say(f"Terminbot needs Python 3.11 or later; this is {found}.")
        return 2
    verb = arguments[0] if arguments else "--help"
    try:
        if verb == "test" or verb in OF_DEVELOPERS:
            # they start hundreds of programs: each would compile all that it imports anew
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        if verb == "test":
            install([RUNTIME, TESTS])
            environment = {**os.environ, "CHROMIUM": browser()}
            return run([PYTHON, "-m", "pytest", *(arguments[1:] or WHOLE)], env=environment)
        install([RUNTIME, TESTS] if verb in NEED_TEST_PACKAGES else [RUNTIME])
    except Stop as reason:
        say(str(reason))
        return 2
    if verb in OF_DEVELOPERS:
        return hand_over([PYTHON, "-m", OF_DEVELOPERS[verb], *arguments[1:]])
    return hand_over([PYTHON, "-m", "bot", *arguments])


def hand_over(command):
    """Become the application, so that signals reach it; on Windows wait for it.

    It keeps the caller's folder: files are named from there.
    """
    if not WINDOWS:
        here = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = ROOT if not here else os.pathsep.join((ROOT, here))
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 - our own interpreter
    try:
        return subprocess.call(command, env={**os.environ, "PYTHONPATH": ROOT})
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
