"""Writes the Teams app package: `python -m manifest [--out FILE] [--version X.Y.Z]`.

Told by the same TERMINBOT_* settings as `run.py serve`. Exit code 1 with a list of what is wrong.
"""

import argparse
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from bot import business_file
from bot.business_file import BusinessFileInvalid
from bot.settings import SettingsInvalid, load_settings
from manifest.checks import Mistake
from manifest.package import Identity, PackageInvalid, build, next_version, read, write

DEFAULT = Path("var/terminbot-teams.zip")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, check and write; return the exit code."""
    parser = argparse.ArgumentParser(prog="manifest", description="The Teams app package")
    parser.add_argument("--out", type=Path, default=DEFAULT, help=f"the zip (default {DEFAULT})")
    parser.add_argument("--version", help="default: 1.0.0, then one more each time")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        business = business_file.load(settings.business_file)
        last = _last_version(options.out)
        version = options.version or next_version(last)
        write(build(Identity.of(settings, business), version, last), options.out)
    except (SettingsInvalid, BusinessFileInvalid, PackageInvalid) as invalid:
        sys.stderr.write(f"The package was not written:\n\n{invalid}\n")
        return 1
    sys.stdout.write(
        f"{options.out}: version {version}, checked. Upload it in the Teams admin centre under "
        "'Manage apps', or in Teams under 'Apps > Manage your apps'.\n"
    )
    return 0


def _last_version(path: Path) -> str | None:
    """Return the version of the package that is replaced; other files are not written over."""
    if not path.exists():
        return None
    try:
        return str(read(path).manifest["version"])
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        words = "holds something else than a Teams app package; choose another name"
        raise PackageInvalid([Mistake(f"--out {path}", words)]) from None


if __name__ == "__main__":
    sys.exit(main())
