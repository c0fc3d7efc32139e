"""Builds the Teams app package from the settings and the business file, and reads it back."""

import copy
import io
import json
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.settings import Settings
from manifest.checks import Mistake, Package, mistakes
from scheduling.catalog import Business

FIRST_VERSION = "1.0.0"
MANIFEST = "manifest.json"
FILES = ("color.png", "outline.png", "en.json")
# a zip that depends on its content only: the earliest date the format knows
_DATE = (1980, 1, 1, 0, 0, 0)


class PackageInvalid(Exception):
    """The package would be refused; `problems` says by what, completely."""

    def __init__(self, problems: list[Mistake]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Identity:
    """What the settings and the business file put into the manifest."""

    app_id: str
    host: str
    name: str
    english_name: str
    website: str
    privacy_url: str
    terms_url: str

    @staticmethod
    def of(settings: Settings, business: Business) -> "Identity":
        """Collect it; PackageInvalid where the business file lacks an address Teams demands."""
        privacy = business.privacy.url if business.privacy else None
        wanted = {
            "business.website": business.website,
            "business.privacy.url": privacy,
            "business.terms_url": business.terms_url,
        }
        lacking = [
            Mistake(key, f"Teams demands it: add it to {settings.business_file}")
            for key, value in wanted.items()
            if not value
        ]
        if lacking:
            raise PackageInvalid(lacking)
        return Identity(
            settings.app_id.lower(),
            urlsplit(settings.base_url).hostname or "",
            business.name.de,
            business.name.en,
            business.website or "",
            privacy or "",
            business.terms_url or "",
        )


def build(identity: Identity, version: str, last_version: str | None = None) -> Package:
    """Return the package; raises PackageInvalid."""
    files = {name: _read(name) for name in FILES}
    english = {**json.loads(files["en.json"]), **_english(identity)}
    files["en.json"] = _as_bytes(english)
    package = Package(_manifest(identity, version), files, last_version)
    if problems := mistakes(package):
        raise PackageInvalid(problems)
    return package


def _manifest(identity: Identity, version: str) -> dict[str, Any]:
    manifest: dict[str, Any] = copy.deepcopy(json.loads(_read(MANIFEST)))
    manifest["version"] = version
    manifest["id"] = manifest["bots"][0]["botId"] = identity.app_id
    manifest["developer"] = {
        "name": _shortened(identity.name, 32),
        "websiteUrl": identity.website,
        "privacyUrl": identity.privacy_url,
        "termsOfUseUrl": identity.terms_url,
    }
    manifest["name"] = {
        "short": _shortened(identity.name, 30),
        "full": _shortened(f"Termine bei {identity.name}", 100),
    }
    manifest["description"] = {
        "short": "Termine im Chat buchen, ohne Umwege.",
        "full": f"Termine bei {_shortened(identity.name, 200)} im Chat buchen: Leistung und Zeit "
        "wählen oder einfach schreiben, was es sein soll. Angeboten werden nur Zeiten, die "
        "wirklich frei sind.",
    }
    manifest["validDomains"] = [identity.host]
    return manifest


def _english(identity: Identity) -> dict[str, str]:
    name = identity.english_name
    return {
        "name.short": _shortened(name, 30),
        "name.full": _shortened(f"Appointments at {name}", 100),
        "description.short": "Book appointments in the chat.",
        "description.full": f"Book appointments at {_shortened(name, 200)} in the chat: choose a "
        "service and a time, or just write what you would like. Only times that are really free "
        "are offered.",
    }


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _read(name: str) -> bytes:
    return resources.files("manifest").joinpath(name).read_bytes()


def _as_bytes(content: object) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def write(package: Package, out: Path) -> None:
    """Write the zip whole, and check what can be read back from it; raises PackageInvalid."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in {MANIFEST: _as_bytes(package.manifest), **package.files}.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), body, zipfile.ZIP_DEFLATED)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.write_bytes(content.getvalue())
    problems = mistakes(read(part))
    if problems:
        part.unlink()
        raise PackageInvalid(problems)
    part.replace(out)


def read(path: Path) -> Package:
    """Read a package; raises zipfile.BadZipFile, KeyError or ValueError for other files."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return Package(json.loads(files.pop(MANIFEST)), files)


def next_version(last: str | None) -> str:
    """Return 1.0.0, or the last version with its last number raised."""
    front, _, patch = (last or "").rpartition(".")
    return f"{front}.{int(patch) + 1}" if front and patch.isdecimal() else FIRST_VERSION
