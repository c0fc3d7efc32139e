"""What Teams refuses although its JSON Schema accepts it. Pure: a package in, mistakes out.

The schema itself is checked here too, so that a package has one list of mistakes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft7Validator

from manifest.permissions import RESOURCE_PERMISSIONS
from manifest.png import PictureUnreadable, read_png

Json = Mapping[str, Any]
SCHEMA = "MicrosoftTeams.v1.30.schema.json"
LANGUAGE_SCHEMA = "MicrosoftTeams.Localization.v1.30.schema.json"
COLOUR_SIDE, OUTLINE_SIDE = 192, 32

_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_STEP = re.compile(r"([A-Za-z0-9_$]+)|\[(\d+)\]")
_SHARED = (
    "azurewebsites.net",
    "azurestaticapps.net",
    "cloudapp.azure.com",
    "github.io",
    "ngrok.io",
    "ngrok-free.app",
    "onmicrosoft.com",
    "trafficmanager.net",
    "devtunnels.ms",
)
"""Domains under which strangers can have a name of their own."""


@dataclass(frozen=True, slots=True)
class Package:
    """What goes into the zip: the manifest and the files beside it."""

    manifest: Json
    files: Mapping[str, bytes] = field(default_factory=dict)
    last_version: str | None = None
    """Of the package before this one, where there is one."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where in the manifest, and what to do."""

    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


def mistakes(package: Package) -> list[Mistake]:
    """Return everything that Teams would refuse, or accept and break on."""
    broken = list(_against(SCHEMA, package.manifest, ""))
    if broken:
        # the other rules rely on the shape
        return broken
    return [
        *_urls(package.manifest),
        *_domains(package.manifest),
        *_version(package),
        *_icons(package),
        *_permissions(package.manifest),
        *_sign_in(package.manifest),
        *_languages(package),
    ]


@cache
def _validator(name: str) -> Draft7Validator:
    text = resources.files("manifest").joinpath("schema", name).read_text(encoding="utf-8")
    # the file says draft-04, but draft 4 ignores `const`: a wrong version would pass
    return Draft7Validator(json.loads(text))


def _against(name: str, content: object, file: str) -> Iterator[Mistake]:
    for error in _validator(name).iter_errors(content):
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
        yield Mistake(f"{file}{place}".strip(".") or "manifest", error.message[:300])


def _texts(node: object, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield place, node
    elif isinstance(node, Mapping):
        for key, child in node.items():
            yield from _texts(child, f"{place}.{key}".strip("."))
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _texts(child, f"{place}[{number}]")


def _urls(manifest: Json) -> Iterator[Mistake]:
    domains = [str(domain).lower() for domain in manifest.get("validDomains", [])]
    for place, text in _texts(manifest):
        if place == "$schema" or not re.match(r"[a-z]+://", text, re.IGNORECASE):
            continue
        url = urlsplit(text)
        if place == "webApplicationInfo.resource" and url.scheme == "api":
            continue
        if url.scheme != "https":
            yield Mistake(place, f"{text} must begin with https://")
        elif place.endswith("contentUrl") and not _is_listed(url.hostname or "", domains):
            yield Mistake(place, f"add {url.hostname} to validDomains")


def _is_listed(host: str, domains: list[str]) -> bool:
    return any(
        host == d or (d.startswith("*.") and host.endswith(d.removeprefix("*"))) for d in domains
    )


def _domains(manifest: Json) -> Iterator[Mistake]:
    for number, domain in enumerate(manifest.get("validDomains", [])):
        place = f"validDomains[{number}]"
        host = str(domain).lower().removeprefix("*.")
        if not _HOST.fullmatch(host):
            yield Mistake(place, f"{domain} is no host name; write it bare, such as example.com")
        elif str(domain).startswith("*.") and any(
            host == shared or host.endswith(f".{shared}") for shared in _SHARED
        ):
            yield Mistake(place, f"{domain} covers the sites of strangers; name your host")


def _version(package: Package) -> Iterator[Mistake]:
    version = str(package.manifest["version"])
    if not _SEMVER.fullmatch(version):
        yield Mistake("version", f"{version} must be three plain numbers, such as 1.0.0")
        return
    last = package.last_version
    if last and _SEMVER.fullmatch(last) and _numbers(version) <= _numbers(last):
        yield Mistake("version", f"{version} must be higher than {last}, the last package")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _icons(package: Package) -> Iterator[Mistake]:
    for kind, side in (("color", COLOUR_SIDE), ("outline", OUTLINE_SIDE)):
        name = package.manifest["icons"][kind]
        place = f"icons.{kind}"
        if name not in package.files:
            yield Mistake(place, f"{name} is not in the root of the package")
            continue
        try:
            picture = read_png(package.files[name])
        except PictureUnreadable as unreadable:
            yield Mistake(place, f"{name} cannot be used: {unreadable}")
            continue
        if (picture.width, picture.height) != (side, side):
            yield Mistake(place, f"{name} must be {side} x {side} pixels")
        elif kind == "outline":
            visible = [colour for colour in picture.colours() if colour[3]]
            if any(colour[:3] != (255, 255, 255) for colour in visible):
                yield Mistake(place, f"{name} must be white on a transparent ground")
            elif len(visible) == side * side or not visible:
                yield Mistake(place, f"{name} must be a figure on a transparent ground")


def _permissions(manifest: Json) -> Iterator[Mistake]:
    granted = manifest.get("authorization", {}).get("permissions", {}).get("resourceSpecific", [])
    for number, permission in enumerate(granted):
        if permission["name"] not in RESOURCE_PERMISSIONS:
            place = f"authorization.permissions.resourceSpecific[{number}].name"
            yield Mistake(place, f"there is no permission {permission['name']}")


def _sign_in(manifest: Json) -> Iterator[Mistake]:
    app = manifest.get("webApplicationInfo")
    if app is None or "resource" not in app:
        return
    domains = [str(domain).lower() for domain in manifest.get("validDomains", [])]
    bots = [bot["botId"] for bot in manifest.get("bots", [])]
    match = re.fullmatch(r"api://([^/:]+)/botid-([0-9a-fA-F-]{36})", app["resource"])
    if match is None or not _is_listed(match[1].lower(), domains) or match[2] not in bots:
        wanted = "api://<a host of validDomains>/botid-<the bot's id>"
        yield Mistake("webApplicationInfo.resource", f"{app['resource']} must be {wanted}")


def _languages(package: Package) -> Iterator[Mistake]:
    listed = package.manifest.get("localizationInfo", {}).get("additionalLanguages", [])
    keys: dict[str, set[str]] = {}
    for number, language in enumerate(listed):
        place, name = f"localizationInfo.additionalLanguages[{number}]", language["file"]
        try:
            content = json.loads(package.files[name])
        except KeyError:
            yield Mistake(place, f"{name} is not in the root of the package")
            continue
        except ValueError:
            yield Mistake(place, f"{name} is no JSON")
            continue
        yield from _against(LANGUAGE_SCHEMA, content, name)
        keys[name] = set(content) - {"$schema"}
        for key in sorted(keys[name]):
            if not isinstance(_at(package.manifest, key), str):
                yield Mistake(f"{name}: {key}", "there is no such text in the manifest")
    everything = set().union(*keys.values())
    for name, own in keys.items():
        for key in sorted(everything - own):
            yield Mistake(f"{name}: {key}", "is translated in another language, but not here")


def _at(node: Any, path: str) -> object:  # noqa: ANN401 - whatever stands in the manifest
    for key, number in _STEP.findall(path):
        if key and isinstance(node, Mapping):
            node = node.get(key)
        elif number and isinstance(node, list) and int(number) < len(node):
            node = node[int(number)]
        else:
            return None
    return node
