"""Checks the evidence of one booking.

python3 verify.py evidence.json [--key PUBLIC-KEY]
Needs Python 3.11 and the package `cryptography`, and nothing else of the program that made it.
"""

import argparse
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SALT = 16
"""Bytes before the details: any other split would let details lose their beginning."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Wrong(Exception):
    """The evidence does not prove what it says."""


def sha256(text: str) -> str:
    """Return the digest of a text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def written(value: object) -> str:
    """Return the one way in which JSON is written where a digest or a signature is over it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def check_signature(checkpoint: dict[str, Any], key: str) -> None:
    """See that a checkpoint is signed by the key; raises Wrong."""
    if checkpoint["key"] != key:
        raise Wrong(f"the checkpoint of {checkpoint['at']} is signed by another key")
    body = {name: value for name, value in checkpoint.items() if name != "signature"}
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(checkpoint["signature"]), written(body).encode())
    except (InvalidSignature, ValueError):
        raise Wrong(f"the signature of the checkpoint of {checkpoint['at']} is wrong") from None


def digests_of(chain: dict[str, Any]) -> dict[int, str]:
    """Work out the digest of each record of a chain, by its number; raises Wrong."""
    previous, found = str(chain["before"]), dict[int, str]()
    expected = int(chain["links"][0]["seq"]) if chain["links"] else 0
    for link in chain["links"]:
        if link["seq"] != expected:
            raise Wrong(f"record {expected} of lane {chain['lane']} is not there")
        content = link.get("content")
        if content is None:
            if link["booking"] != chain["booking"]:
                raise Wrong(f"record {expected} of lane {chain['lane']} is of another booking")
            body = [
                chain["lane"],
                link["seq"],
                link["at"],
                link["kind"],
                link["booking"],
                link["values"],
            ]
            content = sha256(json.dumps(body, separators=(",", ":")))
        previous = sha256(f"{previous}:{content}")
        found[expected] = previous
        expected += 1
    return found


def signed_at(chain: dict[str, Any], checkpoints: list[dict[str, Any]]) -> dict[int, str]:
    """Return when each record was signed first, by its number; raises Wrong."""
    digests = digests_of(chain)
    found: dict[int, str] = {}
    for checkpoint in checkpoints:
        for head in checkpoint["heads"]:
            if head["lane"] != chain["lane"] or head["seq"] not in digests:
                continue
            if digests[head["seq"]] != head["digest"]:
                raise Wrong(f"the records are not those that were signed at {checkpoint['at']}")
            for seq in digests:
                if seq <= head["seq"]:
                    found.setdefault(seq, checkpoint["at"])
    return found


def told_in(chain: dict[str, Any]) -> dict[int, Any]:
    """Return what its own facts say; a record of which the digest is given says nothing."""
    own = [link for link in chain["links"] if "content" not in link]
    return {link["seq"]: json.loads(link["values"]) for link in own}


def check_number(evidence: dict[str, Any]) -> None:
    """See that the number of the booking is the one it was held with; raises Wrong."""
    for told in told_in(evidence["chains"][0]).values():
        if told.get("number", evidence["number"]) != evidence["number"]:
            raise Wrong("its facts are of a booking with another number")


def check_chain(chain: dict[str, Any], checkpoints: list[dict[str, Any]]) -> list[str]:
    """Return a line for each fact of the booking; raises Wrong."""
    signed, lines = signed_at(chain, checkpoints), []
    for link in chain["links"]:
        if "content" in link:
            continue
        if link["seq"] not in signed:
            raise Wrong(f"nothing signed vouches for record {link['seq']}")
        at = (EPOCH + timedelta(microseconds=link["at"])).isoformat(timespec="seconds")
        lines.append(f"{at}  {link['kind']:<20} signed {signed[link['seq']]}")
    told = told_in(chain)
    for opened in chain["opened"]:
        salt = bytes.fromhex(opened["salt"])
        said = salt + opened["details"].encode()
        if (
            len(salt) != SALT
            or hashlib.sha256(said).hexdigest() != (told[opened["seq"]]["commitment"])
        ):
            raise Wrong(f"the details beside record {opened['seq']} are not those confirmed")
    return lines


def check(evidence: dict[str, Any], key: str) -> list[str]:
    """Return what was proved, line by line; raises Wrong."""
    checkpoints = sorted(evidence["checkpoints"], key=lambda checkpoint: str(checkpoint["at"]))
    for checkpoint in checkpoints:
        check_signature(checkpoint, key)
    for digest, text in evidence["wordings"].items():
        if sha256(text) != digest:
            raise Wrong(f"the text of the wording {digest} was changed")
    if not evidence["chains"]:
        raise Wrong("it holds no facts")
    if evidence["chains"][0]["booking"] != evidence["booking"]:
        raise Wrong("its facts are of another booking")
    lines = [line for chain in evidence["chains"] for line in check_chain(chain, checkpoints)]
    check_number(evidence)
    return lines


def main(arguments: list[str]) -> int:
    """Check a file; 0 = it proves what it says, 1 = it does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the public key that the business has published")
    asked = parser.parse_args(arguments)
    evidence = json.loads(asked.file.read_text(encoding="utf-8"))
    try:
        key = asked.key or evidence["key"]
        lines = check(evidence, key)
    except (Wrong, KeyError, TypeError, ValueError) as wrong:
        sys.stdout.write(f"WRONG: {wrong}\n")
        return 1
    sys.stdout.write("\n".join(lines))
    sys.stdout.write(f"\nRight. Signed by key {key}.\n")
    if not asked.key:
        sys.stdout.write("Compare this key with the one that the business has published.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
