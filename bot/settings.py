"""`TERMINBOT_*` -> one frozen Settings, or one list of everything that is missing or wrong.

Read from the environment, a `.env` file and a folder of secret files, in this order of weight.
Nothing else in the product reads the environment.
"""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from bot.certificates import CertificateUnreadable, KeyPair, read_key_pair
from bot.demo import DEMO_CREDENTIALS

PREFIX = "TERMINBOT_"
SHORTEST_KEY = 32
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _split(value: object) -> object:
    """Turn `a, b/` into `a` and `b`; a list stays one."""
    if isinstance(value, str):
        return tuple(part.rstrip("/") for part in re.split(r"[,\s]+", value) if part)
    return value


def _unslashed(value: object) -> object:
    return value.strip().rstrip("/") if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Url = Annotated[str, BeforeValidator(_unslashed)]


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """An app registration as it logs in: with a secret, or with a certificate."""

    tenant_id: str
    client_id: str
    secret: SecretStr | None = None
    key_pair: KeyPair | None = None


class Settings(BaseModel):
    """Everything the process is told from outside. Secrets never show in its repr."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=True
    )

    data_dir: Path = Path("var/data")
    """Folder of the database and of nothing else; made when it is missing."""
    database_url: SecretStr = SecretStr("")
    """`postgresql://user@host/database`. Empty: SQLite in the data folder."""
    audit_dir: Path | None = None
    """Folder of the signed checkpoints, their key and the list of erased customers, outside the
    database; better on another disk. Empty: `audit` in the data folder."""
    business_file: Path = Path("business.yaml")
    """The business file; `python3 run.py check FILE` finds its mistakes."""
    base_url: Url
    """Public address under which people and Teams reach us, https."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 inside a container."""
    port: int = Field(default=3978, ge=1, le=65535)
    """Port to listen on, behind the proxy that holds the certificate."""
    app_id: str
    """Application (client) id of the bot's Entra app, a GUID."""
    app_tenant_id: str
    """Directory (tenant) id of the bot's Entra app, a GUID."""
    app_secret: SecretStr | None = None
    """Client secret of the bot's app; or a certificate."""
    app_certificate_file: Path | None = None
    """PEM certificate of the bot's app."""
    app_key_file: Path | None = None
    """PEM private key of that certificate, without a password."""
    graph_tenant_id: str = ""
    """Tenant of the mailboxes. Empty: the bot's."""
    graph_client_id: str = ""
    """App that reads and writes the calendars. Empty: the bot's."""
    graph_secret: SecretStr | None = None
    """Secret of the Graph app. Empty: the bot's."""
    graph_certificate_file: Path | None = None
    """PEM certificate of the Graph app. Empty: the bot's."""
    graph_key_file: Path | None = None
    """PEM private key of the Graph certificate."""
    graph_base_url: Url = "https://graph.microsoft.com/v1.0"
    """Another address only for a national cloud or an emulator on this computer."""
    login_url: Url | None = None
    """Where tokens come from; empty: login.microsoftonline.com."""
    bot_openid_url: Url = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    """Where the Bot Framework publishes the keys that sign what it sends."""
    allowed_tenants: Names = ()
    """Tenants whose people may write to the bot in Teams. Empty: the bot's tenant."""
    service_url_hosts: Names = ("smba.trafficmanager.net", ".botframework.com")
    """Hosts the bot may answer to; a leading dot allows all below it."""
    embedding_sites: Names = ()
    """Origins such as https://www.example.com that may show the chat in a frame."""
    proxies: int = Field(default=0, ge=0, le=10)
    """How many reverse proxies of your own stand before it; their word counts on who calls."""
    web_chat_key: SecretStr
    """Signs the tokens of the web chat; at least 32 bytes, the same in all processes."""
    metrics_key: SecretStr = SecretStr("")
    """Who reads /metrics sends it as a bearer token; empty: there is no such page."""
    demo: bool = False
    """Set by the demo alone."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least weight of a log line."""

    @property
    def store_url(self) -> str:
        """The database, with the default filled in."""
        file = (self.data_dir / "terminbot.sqlite3").resolve().as_posix()
        return self.database_url.get_secret_value() or f"sqlite:///{file}"

    @property
    def audit_folder(self) -> Path:
        """The folder of the checkpoints, with the default filled in."""
        return self.audit_dir or self.data_dir / "audit"

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants whose people may write to the bot."""
        return frozenset(self.allowed_tenants or (self.app_tenant_id,))

    def bot_identity(self) -> AppIdentity:
        """Return who the bot is at the Bot connector; reads the certificate."""
        return AppIdentity(
            self.app_tenant_id,
            self.app_id,
            self.app_secret,
            _key_pair(self.app_certificate_file, self.app_key_file),
        )

    def graph_identity(self) -> AppIdentity:
        """Return who reads the calendars; all that is not set is the bot's."""
        bot = self.bot_identity()
        own = _key_pair(self.graph_certificate_file, self.graph_key_file)
        if self.graph_secret is not None or own is not None:
            secret, pair = self.graph_secret, own
        else:
            secret, pair = bot.secret, bot.key_pair
        return AppIdentity(
            self.graph_tenant_id or bot.tenant_id,
            self.graph_client_id or bot.client_id,
            secret,
            pair,
        )


class _Outside(Settings, BaseSettings):
    """Names the sources to pydantic-settings; only `load_settings` uses it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file_encoding="utf-8", env_ignore_empty=True, frozen=True
    )


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """One missing or wrong setting in words."""

    name: str
    reason: str
    cure: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}\n    -> {self.cure}"


class SettingsInvalid(Exception):
    """The process must not start; `problems` lists why, completely."""

    def __init__(self, problems: tuple[SettingsProblem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load_settings(env_file: Path = Path(".env"), secrets_dir: Path | None = None) -> Settings:
    """Return the settings of this process; SettingsInvalid names everything that is wrong.

    `secrets_dir` (default: TERMINBOT_SECRETS_DIR, else `secrets`) holds one file per setting,
    named like it: `terminbot_app_secret`.
    """
    named = os.environ.get(f"{PREFIX}SECRETS_DIR")
    folder = secrets_dir or Path(named or "secrets")
    _require_text(env_file, *(folder.iterdir() if folder.is_dir() else ()))
    problems = list(_unknown_names(env_file, folder))
    if (named or secrets_dir) and not folder.is_dir():
        cure = "Create the folder, or leave the setting out."
        problems.append(_problem("secrets_dir", f"there is no folder {folder}", cure))
    given = _gather(env_file, folder)
    if "demo" in given:
        cure = "Remove it; the demo is started by `python3 run.py demo`."
        problems.append(_problem("demo", "the demo cannot be switched on by a setting", cure))
        del given["demo"]
    settings, wrong = _validated(given)
    problems += wrong
    already = {problem.name for problem in problems}
    problems += [p for p in _contradictions(settings) if p.name not in already]
    if problems:
        raise SettingsInvalid(tuple(problems))
    return settings


def configured_business_file(env_file: Path = Path(".env")) -> Path:
    """Return where the business file is said to be, whatever else is set or missing."""
    folder = Path(os.environ.get(f"{PREFIX}SECRETS_DIR") or "secrets")
    named = _gather(env_file, folder).get("business_file")
    return Path(str(named)) if named else Settings.model_fields["business_file"].default


def _require_text(*files: Path) -> None:
    """Refuse files that no source can read, before the sources stumble over them."""
    found = []
    for file in filter(Path.is_file, files):
        try:
            file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            cure = "Save it as UTF-8 text that the process may read."
            found.append(SettingsProblem(str(file), "cannot be read as text", cure))
    if found:
        raise SettingsInvalid(tuple(found))


def _gather(env_file: Path, folder: Path) -> dict[str, Any]:
    sources: list[EnvSettingsSource | SecretsSettingsSource] = [
        DotEnvSettingsSource(_Outside, env_file=env_file),
        EnvSettingsSource(_Outside),
    ]
    if folder.is_dir():
        sources.insert(0, SecretsSettingsSource(_Outside, secrets_dir=folder))
    given: dict[str, Any] = {}
    for source in sources:
        given.update({k: v for k, v in source().items() if k in Settings.model_fields})
    return given


# stand-ins for what is missing or wrong, so that the other rules can still be checked
_BLANK: Mapping[str, Any] = {
    "base_url": "",
    "app_id": "",
    "app_tenant_id": "",
    "web_chat_key": SecretStr(""),
}


def _validated(given: dict[str, Any]) -> tuple[Settings, list[SettingsProblem]]:
    try:
        return Settings.model_validate(given), []
    except ValidationError as error:
        problems = [_worded(str(e["loc"][0]), e["type"], e["msg"]) for e in error.errors()]
        wrong = {str(e["loc"][0]) for e in error.errors()}
    usable = {name: value for name, value in given.items() if name not in wrong}
    return Settings.model_validate({**_BLANK, **usable}), problems


_CURES = {
    "base_url": "Set the public https address, for example https://termine.example.com",
    "app_id": "Copy 'Application (client) ID' from the app's page in the Entra admin centre.",
    "app_tenant_id": "Copy 'Directory (tenant) ID' from the app's page in the Entra admin centre.",
    "web_chat_key": 'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
    "port": "Write a number from 1 to 65535, for example 3978.",
    "proxies": "Write a number from 0 to 10; 0 where nothing of yours stands before the bot.",
    "log_level": "Write one of debug, info, warning, error.",
}


def _worded(name: str, kind: str, message: str) -> SettingsProblem:
    reason = (
        "is missing" if kind == "missing" else f"is wrong ({message[:1].lower()}{message[1:]})"
    )
    return _problem(name, reason, _CURES.get(name, "See docs/howto/real-tenant.md."))


def _problem(name: str, reason: str, cure: str) -> SettingsProblem:
    return SettingsProblem(f"{PREFIX}{name.upper()}", reason, cure)


def _unknown_names(env_file: Path, folder: Path) -> list[SettingsProblem]:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    known.add(f"{PREFIX}SECRETS_DIR")
    named = [*os.environ, *(dotenv_values(env_file) if env_file.is_file() else ())]
    if folder.is_dir():
        named += [file.name for file in folder.iterdir()]
    unknown = {n.upper() for n in named if n.upper().startswith(PREFIX)} - known
    return [_unknown(name, known) for name in sorted(unknown)]


def _unknown(name: str, known: set[str]) -> SettingsProblem:
    near = difflib.get_close_matches(name, known, n=1)
    cure = (
        f"Did you mean {near[0]}?" if near else "Remove it; docs/reference/settings.md lists all."
    )
    return SettingsProblem(name, "there is no such setting", cure)


def _contradictions(settings: Settings) -> list[SettingsProblem]:
    return [
        *_wrong_ids(settings),
        *_wrong_urls(settings),
        *_wrong_keys(settings),
        *_wrong_files(settings),
        *_missing_logins(settings),
        *_demo_credentials(settings),
    ]


def _wrong_ids(settings: Settings) -> list[SettingsProblem]:
    ids = {
        "app_id": settings.app_id,
        "app_tenant_id": settings.app_tenant_id,
        "graph_tenant_id": settings.graph_tenant_id or settings.app_tenant_id,
        "graph_client_id": settings.graph_client_id or settings.app_id,
    }
    shape = "is no GUID like 00000000-0000-0000-0000-000000000000"
    wrong = [n for n, value in ids.items() if value and not GUID.fullmatch(value)]
    if "app_id" in wrong and not settings.graph_client_id:
        wrong.remove("graph_client_id")
    if "app_tenant_id" in wrong and not settings.graph_tenant_id:
        wrong.remove("graph_tenant_id")
    copied = "Copy the id from the app's page in the Entra admin centre."
    found = [_problem(name, shape, _CURES.get(name, copied)) for name in wrong]
    if not settings.app_id:
        found.append(_problem("app_id", "is missing", _CURES["app_id"]))
    if any(not GUID.fullmatch(tenant) for tenant in settings.allowed_tenants):
        cure = "List tenant ids (GUIDs), separated by commas."
        found.append(_problem("allowed_tenants", "holds something that is no GUID", cure))
    return found


def _wrong_urls(settings: Settings) -> list[SettingsProblem]:
    found = []
    for name in ("base_url", "graph_base_url", "login_url", "bot_openid_url"):
        url: str | None = getattr(settings, name)
        if url is not None and (reason := _wrong_url(url)):
            cure = "Write an https address; http is for this computer (127.0.0.1) only."
            found.append(_problem(name, reason, _CURES.get(name, cure)))
    for site in settings.embedding_sites:
        if _wrong_url(site) or urlsplit(site).path:
            cure = "Write origins such as https://www.example.com, separated by commas."
            found.append(_problem("embedding_sites", f"{site} is no https origin", cure))
    return found


def _wrong_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return "is no web address"
    if not (parts.hostname and has_port) or parts.scheme not in {"http", "https"}:
        return "is no web address"
    if parts.username is not None or parts.query or parts.fragment:
        return "holds more than scheme, host and path"
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        return "is not encrypted (http)"
    return None


def _wrong_keys(settings: Settings) -> list[SettingsProblem]:
    if len(settings.web_chat_key.get_secret_value().encode()) >= SHORTEST_KEY:
        return []
    reason = f"is shorter than {SHORTEST_KEY} bytes"
    return [_problem("web_chat_key", reason, _CURES["web_chat_key"])]


def _wrong_files(settings: Settings) -> list[SettingsProblem]:
    found = []
    if not settings.business_file.is_file():
        cure = "Set the path of your business file; start from examples/practice/business.yaml."
        found.append(_problem("business_file", f"there is no file {settings.business_file}", cure))
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        cure = "Name a folder that the process may write to."
        found.append(_problem("data_dir", f"{settings.data_dir} is no folder", cure))
    for owner in ("app", "graph"):
        found += _wrong_certificate(settings, owner)
    return found


def _wrong_certificate(settings: Settings, owner: str) -> list[SettingsProblem]:
    names = (f"{owner}_certificate_file", f"{owner}_key_file")
    paths: list[Path | None] = [getattr(settings, name) for name in names]
    if paths == [None, None]:
        return []
    found = []
    for name, path, other in zip(names, paths, reversed(names), strict=True):
        if path is None:
            cure = "Set both: the certificate and its private key."
            found.append(_problem(name, f"is missing, {PREFIX}{other.upper()} is set", cure))
        elif not path.is_file():
            cure = "Check the path and that the process may read the file."
            found.append(_problem(name, f"there is no file {path}", cure))
    if found:
        return found
    try:
        _key_pair(*paths)
    except CertificateUnreadable as unreadable:
        cure = "Use PEM files that belong together; the key without a password."
        return [_problem(names[0], str(unreadable), cure)]
    return []


def _missing_logins(settings: Settings) -> list[SettingsProblem]:
    if settings.app_secret is not None or settings.app_certificate_file is not None:
        return []
    cure = (
        f"Set {PREFIX}APP_SECRET, or better {PREFIX}APP_CERTIFICATE_FILE and {PREFIX}APP_KEY_FILE."
    )
    return [_problem("app_secret", "the bot has neither a secret nor a certificate", cure)]


def _demo_credentials(settings: Settings) -> list[SettingsProblem]:
    found = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(plain, str) and plain.lower() in DEMO_CREDENTIALS:
            cure = "Use your own; the demo's are printed in the manual and open to everybody."
            found.append(_problem(name, "is the demo's", cure))
    return found


def _key_pair(certificate: Path | None, key: Path | None) -> KeyPair | None:
    return read_key_pair(certificate, key) if certificate and key else None
