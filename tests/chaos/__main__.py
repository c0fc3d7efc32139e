"""`run.py chaos`: customers book, move and cancel while processes die and lines break.

Exit codes: 0 every promise was kept, 1 one was broken or a takeover took too long.
"""

import argparse
import asyncio
import json
import random
import sys
from pathlib import Path

from tests.chaos.rounds import Plan, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--bookings", type=int, default=2, help="of each customer in a round")
    parser.add_argument("--seed", type=int, help="the same evils in the same order")
    parser.add_argument("--keep", type=Path, help="folder that keeps history, logs, database")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    plan = Plan(asked.rounds, asked.db, asked.processes, seed, asked.keep, asked.bookings)
    found = asyncio.run(run(plan, lambda words: print(words, file=sys.stderr, flush=True)))
    print(json.dumps(found.as_json(), indent=2) if asked.json else found.as_text())
    return 0 if found.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
