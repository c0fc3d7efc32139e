"""No request to Graph carries others, some of which could fail unseen."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_f8_no_request_is_a_batch():
    client = list((ROOT / "graph").glob("*.py"))
    assert [file.name for file in client if "$batch" in file.read_text(encoding="utf-8")] == []
