"""Nothing of a customer's is written for a spreadsheet, where a text could become a formula."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRITERS = re.compile(r"csv\.(writer|DictWriter)|openpyxl|xlsxwriter")
INVENTED = ROOT / "bot/demo_roster.py"
"""Staff of the demo: no word in it comes from a customer."""


def test_f31_no_module_writes_what_a_spreadsheet_reads():
    sources = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "scheduling").rglob("*.py")]
    found = [file for file in sources if WRITERS.search(file.read_text(encoding="utf-8"))]
    assert found == [INVENTED]
