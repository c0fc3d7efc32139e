"""`python -m bench`: all measurements; `fairness`: who serves, and how evenly; `store`: bookings a
second; `contention`: many at once on one time; `imports`: how long a module takes to import.

Exit codes: 0 all answers are right, 1 one is wrong. A bar that was missed is said, no more.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bench import contention, handing, imports, report, store, store_postgres
from bench.cluster import NoServer
from bench.engine import Engine
from bench.plan import FULL, QUICK, Plan
from bench.report import PARTS, everything

DATABASE_URL = "TERMINBOT_DATABASE_URL"
STANDARD_OUTPUT = Path("-")


def main(
    arguments: Sequence[str] | None = None,
    *,
    engine: Engine | None = None,
    plan: Plan | None = None,
) -> int:
    """Run what the arguments name; `engine` and `plan` stand in for the real ones in tests."""
    asked = _parser().parse_args(arguments)
    plan = plan or (QUICK if asked.quick else FULL)
    if asked.command == "fairness":
        return _fairness(plan, asked)
    if asked.command == "store":
        return _store(asked)
    if asked.command == "contention":
        return _contention(asked)
    if asked.command == "imports":
        return _imports(asked)
    found = everything(plan, engine or Engine(), _tell, asked.only or PARTS)
    if asked.json != STANDARD_OUTPUT:
        print(report.as_text(found))
    if asked.json is not None:
        _put(report.as_json_text(found, plan), asked.json)
    return 0 if found.is_right else 1


def _fairness(plan: Plan, asked: argparse.Namespace) -> int:
    plan = replace(plan, bookings=asked.bookings or plan.bookings)
    found = handing.outcomes(plan, asked.seed)
    if asked.json != STANDARD_OUTPUT:
        print(handing.as_text(found))
    if asked.json is not None:
        _put(json.dumps({"policies": [asdict(each) for each in found]}, indent=2), asked.json)
    return 1 if any(each.wrong for each in found) else 0


def _store(asked: argparse.Namespace) -> int:
    if asked.db == "postgres":
        try:
            found = store_postgres.rates(asked.bookings, os.environ.get(DATABASE_URL, ""))
        except NoServer as failure:
            print(f"{failure}: name a server with {DATABASE_URL}", file=sys.stderr)
            return 1
    else:
        found = store.rates(asked.bookings, asked.folder)
    if asked.json != STANDARD_OUTPUT:
        print(store.as_text(found))
    if asked.json is not None:
        _put(store.as_json(found), asked.json)
    return 1 if any(rate.wrong for rate in found) else 0


def _contention(asked: argparse.Namespace) -> int:
    try:
        found = contention.races(asked.attempts, asked.db)
    except NoServer as failure:
        print(failure, file=sys.stderr)
        return 1
    if asked.json != STANDARD_OUTPUT:
        print(contention.as_text(found, asked.db))
    if asked.json is not None:
        _put(contention.as_json(found), asked.json)
    return 1 if any(race.wrong for race in found) else 0


def _imports(asked: argparse.Namespace) -> int:
    found = imports.import_time(asked.module, asked.times)
    if asked.json != STANDARD_OUTPUT:
        print(imports.as_text(found))
    if asked.json is not None:
        _put(imports.as_json(found), asked.json)
    return 0


def _put(text: str, file: Path) -> None:
    if file == STANDARD_OUTPUT:
        print(text)
    else:
        file.write_text(text + "\n", encoding="utf-8")


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    _common(parser, default=True)
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts of it")
    names = "[fairness | store | contention | imports]"
    commands = parser.add_subparsers(dest="command", metavar=names)
    fair = commands.add_parser("fairness", help="hand out bookings, and compare with the shares")
    # without defaults: what stood before the command's name counts as well
    _common(fair, default=False)
    fair.add_argument("--bookings", type=int, help="how many (default 10,000)")
    fair.add_argument("--seed", type=int, default=1, help="of what customers ask for")
    kept = commands.add_parser("store", help="bookings that become durable, in a second")
    _common(kept, default=False)
    kept.add_argument("--bookings", type=int, default=1000, help="for each number of callers")
    kept.add_argument(
        "--db",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help=f"postgres: two processes, on the server of {DATABASE_URL} or on one of our own",
    )
    kept.add_argument("--folder", type=Path, help="on which disk (default: the temporary one)")
    rush = commands.add_parser("contention", help="many at once on one time: p99 of each")
    _common(rush, default=False)
    rush.add_argument("--attempts", type=int, default=200, help="in each race")
    rush.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    light = commands.add_parser("imports", help="how long a module takes to import")
    _common(light, default=False)
    light.add_argument("--module", default="bot.understanding")
    light.add_argument("--times", type=int, default=10, help="the median of so many")
    return parser


def _common(parser: argparse.ArgumentParser, *, default: bool) -> None:
    parser.add_argument(
        "--quick",
        action="store_true",
        default=False if default else argparse.SUPPRESS,
        help="less than a minute: fewer rounds, no 160,000 staff",
    )
    parser.add_argument(
        "--json",
        nargs="?",
        type=Path,
        const=STANDARD_OUTPUT,
        default=None if default else argparse.SUPPRESS,
        metavar="FILE",
        help="the figures as JSON, into a file or instead of the table",
    )


if __name__ == "__main__":
    sys.exit(main())
