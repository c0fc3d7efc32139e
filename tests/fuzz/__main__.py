"""`run.py fuzz`: reads messages made by chance, led by the branches they reach.

Needs atheris, which is there for Linux on x86-64. Exit codes: 0 nothing found, 77 a message made
reading fail (its bytes are kept, `--again FILE` reads them once more), 2 the tool is missing.
"""

import argparse
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

FOUND = Path("var/fuzz")
TABLES = Path(__file__).parents[1] / "unit/understanding"


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="0 = by chance")
    parser.add_argument("--keep", type=Path, default=FOUND / "messages",
                        help="folder of messages to begin with and add to")  # fmt: skip
    parser.add_argument("--again", type=Path, help="bytes of one message, read once")
    asked = parser.parse_args()
    if asked.again:
        return _read_again(asked.again)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not there: it runs on Linux on x86-64 only.", file=sys.stderr)
        return 2
    _fuzz(asked.seconds, asked.seed, asked.keep)
    return 0


def _read_again(file: Path) -> int:
    from tests.fuzz.messages import check, written

    message = written(file.read_bytes())
    print(repr(message.text), message.context.step, message.context.next_field)
    print(check(message))
    return 0


def _first_messages() -> Iterator[bytes]:
    """Give the sentences of the tables of tests, in the first state of a conversation."""
    for table in sorted(TABLES.glob("readings_*.txt")):
        for line in table.read_text(encoding="utf-8").splitlines():
            yield b"\0\0\0\0\0" + line.partition(" => ")[0].encode()


def _fuzz(seconds: int, seed: int, keep: Path) -> None:
    """Fuzz; the tool ends the process itself, with 0 when the time is over."""
    import atheris

    with atheris.instrument_imports(include=["bot.understanding", "bot.conversation.wishes"]):
        from tests.fuzz.messages import check, written

    keep.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(parents=True, exist_ok=True)
    for number, message in enumerate(_first_messages()):
        (keep / f"table-{number}").write_bytes(message)
    options = [
        f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=2048", "-timeout=20",
        f"-artifact_prefix={FOUND}/", "-print_final_stats=1", "-verbosity=0",
        "-len_control=20",
    ]  # fmt: skip
    atheris.Setup(["fuzz", *options, str(keep)], lambda data: check(written(data)) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
