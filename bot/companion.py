"""Runs a program beside us and ends it as soon as we are gone, however we went.

`python -m bot.companion MODULE ARGUMENTS...`: the parent holds our standard input open; its end
is ours too, so a demo that was killed leaves no emulator behind on the port.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_parent() -> None:
    # unbuffered: a thread that waits inside a buffer would block the interpreter's own end
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run the module that is named first, as its own main program."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
