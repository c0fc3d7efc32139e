"""Starts processes of the bot without reading all its modules again: each is a fork of this one.

Reads on its standard input, a socket: an environment as JSON, with the child's stdin, stdout and
stderr; answers with its number. What `serve` needs from nothing is measured by `serve` itself.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import sys

from tests.chaos import worker

MOST_BYTES = 1 << 18


def main() -> None:
    asked = socket.socket(fileno=os.dup(0))
    # who ended is forgotten at once; the pipe of its output says so to whoever asks
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        message, streams, _, _ = socket.recv_fds(asked, MOST_BYTES, 3)
        if not message:
            return
        child = os.fork()
        if child == 0:
            asked.close()
            _become(json.loads(message), streams)
        for stream in streams:
            os.close(stream)
        asked.send(str(child).encode())


def _become(environment: dict[str, str], streams: list[int]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        asyncio.run(worker.main())
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
