"""The program: it says in words why it wrote nothing, and writes what Teams takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.business_file import load
from bot.settings import Settings
from manifest.__main__ import main
from manifest.checks import mistakes
from manifest.package import Identity, PackageInvalid, read
from scheduling.catalog import Business

BUSINESS_FILE = Path(__file__).parents[3] / "examples/practice/business.yaml"
SETTINGS = {
    "BASE_URL": "https://termine.praxis.example",
    "APP_ID": "1F0E8400-E29B-41D4-A716-446655440000",
    "APP_TENANT_ID": "2f0e8400-e29b-41d4-a716-446655440000",
    "APP_SECRET": "a-secret-of-the-test",
    "WEB_CHAT_KEY": "k" * 40,
    "BUSINESS_FILE": str(BUSINESS_FILE),
}


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the settings of a real tenant, away from any .env file."""
    monkeypatch.chdir(tmp_path)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(f"TERMINBOT_{name}", value)
    return tmp_path / "dist" / "app.zip"


@pytest.fixture
def business() -> Business:
    return load(BUSINESS_FILE)


def settings() -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in SETTINGS.items()})


def test_a_package_without_mistakes_is_written(out: Path) -> None:
    assert main(["--out", str(out)]) == 0
    assert mistakes(read(out)) == []


def test_each_run_raises_the_version(out: Path) -> None:
    assert [main(["--out", str(out)]) for _ in range(2)] == [0, 0]
    assert read(out).manifest["version"] == "1.0.1"


def test_wrong_settings_are_listed_and_nothing_is_written(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TERMINBOT_APP_ID")
    monkeypatch.setenv("TERMINBOT_BASE_URL", "http://termine.praxis.example")
    assert main(["--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "TERMINBOT_APP_ID: is missing" in said
    assert "TERMINBOT_BASE_URL: is not encrypted" in said
    assert not out.exists()


def test_a_version_that_is_not_higher_is_refused(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--out", str(out), "--version", "1.2.0"])
    assert main(["--out", str(out), "--version", "1.1.9"]) == 1
    assert "version: 1.1.9 must be higher than 1.2.0" in capsys.readouterr().err
    assert read(out).manifest["version"] == "1.2.0"


def test_a_file_that_is_no_package_is_not_written_over(out: Path) -> None:
    out.parent.mkdir()
    out.write_text("a letter")
    assert main(["--out", str(out)]) == 1
    assert out.read_text() == "a letter"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"website": None}, "business.website"),
        ({"privacy": None}, "business.privacy.url"),
        ({"terms_url": None}, "business.terms_url"),
    ],
)
def test_an_address_that_teams_demands_is_asked_for(
    business: Business, change: dict[str, None], place: str
) -> None:
    with pytest.raises(PackageInvalid) as refusal:
        Identity.of(settings(), replace(business, **change))
    assert [problem.place for problem in refusal.value.problems] == [place]


def test_the_identity_is_that_of_settings_and_business(business: Business) -> None:
    identity = Identity.of(settings(), business)
    assert (identity.app_id, identity.host) == (
        SETTINGS["APP_ID"].lower(),
        "termine.praxis.example",
    )
