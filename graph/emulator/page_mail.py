"""The mails that were sent, and one of them."""

from urllib.parse import quote

from graph.emulator.event import Json
from graph.emulator.mail import attachment_bytes
from graph.emulator.markup import Html, el, join
from graph.emulator.page_search import Wanted, listed
from graph.emulator.page_texts import TEXTS
from graph.emulator.tenant import Mail, Tenant


def mail_path(mail: Mail, tail: str = "") -> str:
    """Return the address of a mail's page."""
    return f"/mail/{quote(mail.id, safe='')}{tail}"


def mails_page(tenant: Tenant, lang: str, wanted: Wanted) -> Html:
    """Return the list, the newest first."""
    words = TEXTS[lang]
    mails = listed(tenant.mails[::-1], wanted, lambda m: f"{_subject(m, lang)} {_people(m)}")
    rows = [el("li", _row(mail, lang)) for mail in mails.rows]
    if tenant.mails and not rows:
        return join(el("h1", words["mails"]), mails.search("/mail", lang))
    shown = el("ul", *rows, cls="mails") if rows else el("p", words["no_mails"], cls="card")
    return join(el("h1", words["mails"]), mails.search("/mail", lang), shown)


def _row(mail: Mail, lang: str) -> Html:
    words = TEXTS[lang]
    names = " ".join(f"📎 {a['name']}" for a in _attachments(mail))
    facts = (f"{words['to']}: {_people(mail)}", _sent(mail), words[mail.kind], names)
    return el(
        "a",
        el("strong", _subject(mail, lang)),
        el("br"),
        el("small", " · ".join(filter(None, facts))),
        href=f"{mail_path(mail)}?lang={lang}",
    )


def _subject(mail: Mail, lang: str) -> str:
    return mail.message.get("subject") or TEXTS[lang]["no_subject"]


def _sent(mail: Mail) -> str:
    return f"{mail.sent_at:%Y-%m-%d %H:%M} UTC"


def _people(mail: Mail) -> str:
    fields = ("toRecipients", "ccRecipients", "bccRecipients")
    found = [r["emailAddress"] for f in fields for r in mail.message.get(f) or []]
    return ", ".join(str(p.get("address") or "") for p in found)


def _attachments(mail: Mail) -> list[Json]:
    found: list[Json] = mail.message.get("attachments") or []
    return found


def mail_page(mail: Mail, lang: str) -> Html:
    """Return one mail; its text stands in a frame that may do nothing."""
    words = TEXTS[lang]
    rows = {"from": mail.sender, "to": _people(mail), "sent": _sent(mail)}
    listed = [part for k, v in rows.items() for part in (el("dt", words[k]), el("dd", v))]
    card = el("div", el("dl", *listed), cls="card")
    files = [
        el("a", f"📎 {a['name']}", href=mail_path(mail, f"/attachments/{index}"), download=True)
        for index, a in enumerate(_attachments(mail))
    ]
    shown = el("p", f"{words['attachments']}: ", *files, cls="files") if files else Html("")
    text = el("iframe", src=mail_path(mail, "/text"), sandbox="", title=words["text"])
    return join(el("h1", _subject(mail, lang)), card, shown, text)


def attachment(mail: Mail, index: str) -> tuple[str, bytes] | None:
    """Return name and content of an attachment."""
    held = _attachments(mail)
    if not index.isdigit() or int(index[:4]) >= len(held):
        return None
    chosen = held[int(index[:4])]
    return chosen["name"], attachment_bytes(chosen)
