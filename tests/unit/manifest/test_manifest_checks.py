"""What Teams' schema lets pass and what the checks say about it."""

import copy
import json

import pytest

from manifest.checks import Package, mistakes
from manifest.icons import colour_icon, outline_icon
from manifest.package import Identity, build
from manifest.png import Picture, write_png

APP = "33333333-3333-4333-8333-333333333333"


def an_identity(**changes):
    given = {
        "app_id": APP,
        "host": "termine.contoso.com",
        "name": "Praxis am Rhein",
        "english_name": "Practice on the Rhine",
        "website": "https://contoso.com",
        "privacy_url": "https://contoso.com/datenschutz",
        "terms_url": "https://contoso.com/agb",
        **changes,
    }
    return Identity(**given)


def a_package(change=None, *, files=None, last_version=None):
    built = build(an_identity(), "1.2.0")
    manifest = copy.deepcopy(dict(built.manifest))
    if change is not None:
        change(manifest)
    return Package(manifest, {**built.files, **(files or {})}, last_version)


def places(package):
    return [mistake.place for mistake in mistakes(package)]


def test_the_package_we_build_has_no_mistake():
    assert mistakes(a_package()) == []


def test_a_manifest_of_another_version_is_refused():
    assert "manifestVersion" in places(a_package(lambda m: m.update(manifestVersion="1.29")))


def test_an_unencrypted_address_is_refused():
    package = a_package(lambda m: m["developer"].update(privacyUrl="http://contoso.com/privacy"))
    assert places(package) == ["developer.privacyUrl"]


def test_a_tab_from_a_host_that_is_not_listed_is_refused():
    tab = {
        "entityId": "agenda",
        "name": "Agenda",
        "contentUrl": "https://elsewhere.com/agenda",
        "scopes": ["personal"],
    }
    assert places(a_package(lambda m: m.update(staticTabs=[tab]))) == ["staticTabs[0].contentUrl"]


@pytest.mark.parametrize(
    "domain", ["https://contoso.com", "contoso.com/path", "*.azurewebsites.net", "*.ngrok.io", "x"]
)
def test_a_domain_that_is_no_host_or_shared_with_strangers_is_refused(domain):
    assert places(a_package(lambda m: m.update(validDomains=[domain]))) == ["validDomains[0]"]


@pytest.mark.parametrize("version", ["1.0", "01.0.0", "1.0.0-beta", "v1.0.0"])
def test_a_version_that_is_not_three_numbers_is_refused(version):
    assert places(a_package(lambda m: m.update(version=version))) == ["version"]


@pytest.mark.parametrize("last", ["1.2.0", "1.10.0", "2.0.0"])
def test_a_version_not_above_the_last_is_refused(last):
    assert places(a_package(last_version=last)) == ["version"]


def test_a_higher_version_is_accepted():
    assert places(a_package(last_version="1.1.9")) == []


def test_a_missing_icon_is_refused():
    package = a_package(lambda m: m["icons"].update(color="other.png"))
    assert places(package) == ["icons.color"]


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("color.png", write_png(colour_icon(96)), "icons.color"),
        ("color.png", b"GIF89a", "icons.color"),
        ("outline.png", write_png(outline_icon(48)), "icons.outline"),
        ("outline.png", write_png(colour_icon(32)), "icons.outline"),
        ("outline.png", write_png(Picture(32, 32, bytes([255] * 4096))), "icons.outline"),
        ("outline.png", write_png(Picture(32, 32, bytes(4096))), "icons.outline"),
    ],
)
def test_an_icon_of_the_wrong_size_or_kind_is_refused(name, content, place):
    assert places(a_package(files={name: content})) == [place]


def test_a_misspelt_permission_is_refused():
    granted = [{"name": "ChatMesage.Read.Chat", "type": "Application"}]
    package = a_package(
        lambda m: m.update(authorization={"permissions": {"resourceSpecific": granted}})
    )
    assert places(package) == ["authorization.permissions.resourceSpecific[0].name"]


@pytest.mark.parametrize(
    "resource",
    [
        "https://termine.contoso.com",
        f"api://elsewhere.com/botid-{APP}",
        "api://termine.contoso.com/botid-44444444-4444-4444-8444-444444444444",
    ],
)
def test_a_sign_in_for_another_host_or_bot_is_refused(resource):
    package = a_package(lambda m: m.update(webApplicationInfo={"id": APP, "resource": resource}))
    assert places(package) == ["webApplicationInfo.resource"]


def test_a_missing_language_file_is_refused():
    def change(manifest):
        manifest["localizationInfo"]["additionalLanguages"][0]["file"] = "fr.json"

    assert places(a_package(change)) == ["localizationInfo.additionalLanguages[0]"]


def test_a_translation_of_nothing_is_refused():
    english = json.loads(a_package().files["en.json"])
    english["bots[0].commandLists[0].commands[9].title"] = "Nothing"
    package = a_package(files={"en.json": json.dumps(english).encode()})
    assert places(package) == ["en.json: bots[0].commandLists[0].commands[9].title"]


def test_every_language_has_the_same_keys():
    english = json.loads(a_package().files["en.json"])
    fewer = {k: v for k, v in english.items() if not k.endswith("commands[2].title")}

    def change(manifest):
        manifest["localizationInfo"]["additionalLanguages"].append(
            {"languageTag": "fr", "file": "fr.json"}
        )

    package = a_package(change, files={"fr.json": json.dumps(fewer).encode()})
    assert places(package) == ["fr.json: bots[0].commandLists[0].commands[2].title"]
