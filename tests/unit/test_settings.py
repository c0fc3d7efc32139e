"""Settings: right ones are read from all three sources, wrong ones are named in one list."""

import os
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsInvalid, load_settings

ROOT = Path(__file__).resolve().parents[2]
APP = "33333333-3333-4333-8333-333333333333"
TENANT = "44444444-4444-4444-8444-444444444444"
SECRET = "a-secret-of-the-app"
KEY = "k" * 32


@pytest.fixture(autouse=True)
def _no_settings_of_this_computer(monkeypatch, tmp_path):
    for name in [n for n in os.environ if n.upper().startswith("TERMINBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def given(monkeypatch, tmp_path):
    """Set right settings with the changes named; None takes one away."""

    def give(**changes):
        right = {
            "base_url": "https://termine.contoso.com",
            "app_id": APP,
            "app_tenant_id": TENANT,
            "app_secret": SECRET,
            "web_chat_key": KEY,
            "business_file": str(ROOT / "examples" / "practice" / "business.yaml"),
        }
        for name, value in {**right, **changes}.items():
            if value is not None:
                monkeypatch.setenv(f"TERMINBOT_{name.upper()}", value)

    return give


def problems():
    with pytest.raises(SettingsInvalid) as refused:
        load_settings()
    return {problem.name: problem for problem in refused.value.problems}


def test_right_settings_make_one_frozen_value(given):
    given()
    settings = load_settings()
    assert (settings.app_id, settings.port, settings.demo) == (APP, 3978, False)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_no_secret_shows_when_settings_are_printed(given):
    given()
    assert SECRET not in repr(load_settings())
    assert KEY not in f"{load_settings()}"


def test_the_password_of_a_database_does_not_show_either(given):
    given(database_url="postgresql://bot:geheim@db/terminbot")
    assert "geheim" not in f"{load_settings()!r}"
    assert load_settings().store_url == "postgresql://bot:geheim@db/terminbot"


def test_the_graph_app_is_the_bots_unless_told_otherwise(given):
    given()
    assert load_settings().graph_identity() == load_settings().bot_identity()


def test_a_graph_app_of_its_own_logs_in_with_its_own_secret(given):
    given(graph_client_id=TENANT, graph_secret="other")
    identity = load_settings().graph_identity()
    assert identity.client_id == TENANT
    assert identity.secret.get_secret_value() == "other"


def test_people_of_the_bots_tenant_may_write_by_default(given):
    given()
    assert load_settings().tenants == {TENANT}


def test_lists_are_written_with_commas(given):
    given(embedding_sites="https://a.contoso.com, https://b.contoso.com/")
    assert load_settings().embedding_sites == ("https://a.contoso.com", "https://b.contoso.com")


def test_the_environment_wins_over_the_env_file_and_that_over_secret_files(given, tmp_path):
    given(port="5000")
    (tmp_path / ".env").write_text("TERMINBOT_PORT=4000\nTERMINBOT_HOST=0.0.0.0\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "terminbot_host").write_text("127.0.0.2")
    (tmp_path / "secrets" / "terminbot_log_level").write_text("warning\n")
    settings = load_settings()
    assert (settings.port, settings.host, settings.log_level) == (5000, "0.0.0.0", "warning")


def test_the_database_is_a_file_in_the_data_folder_by_default(given, tmp_path):
    given(data_dir="data")
    assert load_settings().store_url == f"sqlite:///{tmp_path}/data/terminbot.sqlite3"


def test_an_http_address_of_this_computer_is_allowed(given):
    given(base_url="http://127.0.0.1:3978", graph_base_url="http://127.0.0.1:3979/v1.0")
    assert load_settings().base_url == "http://127.0.0.1:3978"


@pytest.mark.parametrize(
    ("changes", "name", "reason", "cure"),
    [
        ({"app_id": None}, "APP_ID", "missing", "Entra"),
        ({"app_id": "terminbot"}, "APP_ID", "GUID", "Entra"),
        ({"base_url": "http://termine.contoso.com"}, "BASE_URL", "not encrypted", "https"),
        ({"web_chat_key": "short"}, "WEB_CHAT_KEY", "shorter than 32", "token_urlsafe"),
        ({"app_idd": APP}, "APP_IDD", "no such setting", "TERMINBOT_APP_ID"),
        ({"app_secret": None}, "APP_SECRET", "neither", "CERTIFICATE"),
        (
            {"app_secret": "demo-secret-for-the-local-emulator"},
            "APP_SECRET",
            "the demo's",
            "your own",
        ),
        ({"business_file": "no.yaml"}, "BUSINESS_FILE", "no file no.yaml", "examples/practice"),
        ({"port": "eighty"}, "PORT", "wrong", "3978"),
        ({"demo": "true"}, "DEMO", "cannot be switched on", "run.py demo"),
        ({"app_certificate_file": "a.pem"}, "APP_KEY_FILE", "missing", "both"),
        ({"embedding_sites": "http://a.com"}, "EMBEDDING_SITES", "no https origin", "https://"),
        ({"allowed_tenants": "contoso"}, "ALLOWED_TENANTS", "no GUID", "commas"),
        ({"log_level": "loud"}, "LOG_LEVEL", "wrong", "warning"),
        ({"graph_base_url": "http://graph.contoso.com"}, "GRAPH_BASE_URL", "encrypted", "https"),
        ({"secrets_dir": "nowhere"}, "SECRETS_DIR", "no folder", "Create"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(given, changes, name, reason, cure):
    given(**changes)
    found = problems()
    assert f"TERMINBOT_{name}" in found
    assert reason in found[f"TERMINBOT_{name}"].reason
    assert cure in found[f"TERMINBOT_{name}"].cure


def test_all_that_is_wrong_stands_in_one_list(given):
    given(app_id=None, base_url="http://x.com", web_chat_key="short", port="0x", app_idd="1")
    assert set(problems()) == {
        f"TERMINBOT_{name}" for name in ("APP_ID", "BASE_URL", "WEB_CHAT_KEY", "PORT", "APP_IDD")
    }


def test_no_refusal_repeats_a_secret(given):
    given(web_chat_key="short-secret", app_id="no-guid")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings()
    assert "short-secret" not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_mistyped_name_in_the_env_file_is_found_too(given, tmp_path):
    given()
    (tmp_path / ".env").write_text("TERMINBOT_PROT=4000\n")
    assert "TERMINBOT_PORT" in problems()["TERMINBOT_PROT"].cure


def test_an_env_file_that_is_no_text_is_named(given, tmp_path):
    given()
    (tmp_path / ".env").write_bytes(b"TERMINBOT_HOST=\xff\xfe")
    assert "UTF-8" in problems()[".env"].cure


def test_every_setting_stands_in_the_reference():
    reference = (ROOT / "docs" / "reference" / "settings.md").read_text()
    missing = [n for n in Settings.model_fields if f"`TERMINBOT_{n.upper()}`" not in reference]
    assert missing == ["demo"]
