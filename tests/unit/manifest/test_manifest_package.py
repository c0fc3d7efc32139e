"""The zip: what goes in comes out, long names fit, nothing wrong is left on the disk."""

import json
import zipfile
from pathlib import Path

import pytest

import manifest
from bot.understanding.cleaning import fold
from bot.understanding.intents import phrase, reserved
from bot.understanding.utterance import Intent
from manifest.icons import colour_icon, outline_icon
from manifest.package import PackageInvalid, build, next_version, read, write
from manifest.png import write_png
from tests.unit.manifest.test_manifest_checks import an_identity

HERE = Path(manifest.__file__).parent


def test_the_zip_holds_manifest_icons_and_english_in_its_root(tmp_path):
    write(build(an_identity(), "1.0.0"), tmp_path / "app.zip")
    names = zipfile.ZipFile(tmp_path / "app.zip").namelist()
    assert sorted(names) == ["color.png", "en.json", "manifest.json", "outline.png"]


def test_the_bot_is_the_one_of_the_settings_and_personal():
    content = build(an_identity(), "1.0.0").manifest
    assert content["bots"][0]["botId"] == an_identity().app_id
    assert content["bots"][0]["scopes"] == ["personal"]


def test_the_same_package_gives_the_same_bytes(tmp_path):
    for name in ("a.zip", "b.zip"):
        write(build(an_identity(), "1.0.0"), tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_names_of_any_length_fit():
    long = "Gemeinschaftspraxis für Physiotherapie und Osteopathie am Rheinufer " * 5
    content = build(an_identity(name=long, english_name=long), "1.0.0").manifest
    assert len(content["name"]["short"]) == 30


def test_a_wrong_package_leaves_the_old_one_alone(tmp_path):
    out = tmp_path / "app.zip"
    write(build(an_identity(), "1.0.0"), out)
    with pytest.raises(PackageInvalid):
        write(build(an_identity(website="http://contoso.com"), "1.0.1"), out)
    assert read(out).manifest["version"] == "1.0.0"
    assert [file.name for file in tmp_path.iterdir()] == ["app.zip"]


@pytest.mark.parametrize(
    ("last", "following"), [(None, "1.0.0"), ("1.0.9", "1.0.10"), ("odd", "1.0.0")]
)
def test_each_package_gets_the_next_version(last, following):
    assert next_version(last) == following


def test_the_icons_in_the_tree_are_the_ones_we_draw():
    assert (HERE / "color.png").read_bytes() == write_png(colour_icon())
    assert (HERE / "outline.png").read_bytes() == write_png(outline_icon())


def test_the_bot_understands_every_command_of_the_menu():
    english = json.loads((HERE / "en.json").read_text())
    german = build(an_identity(), "1.0.0").manifest["bots"][0]["commandLists"][0]["commands"]
    titles = [c["title"] for c in german] + [v for k, v in english.items() if "title" in k]
    known = {Intent.BOOK, Intent.START_OVER, Intent.HELP}
    known |= {Intent.LIST, Intent.HUMAN, Intent.STOP}
    understood = [{reserved(fold(t), "start"), phrase(fold(t))} & known for t in titles]
    assert all(understood), dict(zip(titles, understood, strict=True))
