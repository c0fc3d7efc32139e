"""The page that breaks things: buttons for faults, without any script."""

from graph.emulator.faults import Fault
from graph.emulator.markup import Html, el, join
from graph.emulator.page_search import MOST_ROWS
from graph.emulator.page_texts import TEXTS
from graph.emulator.tenant import Tenant

_CALENDAR = ("getSchedule", "events", "calendarView")
SWITCHES = ("calendar_down", "throttled", "mail_down", "lost_answer", "login_down")


def faults_of(switch: str, mailbox: str) -> list[Fault]:
    """Return the faults behind a button; none for an unknown one."""
    table: dict[str, list[Fault]] = {
        "calendar_down": [Fault(kind="status", route=r, status=503) for r in _CALENDAR],
        "throttled": [Fault(kind="throttle", route=r, retry_after=5) for r in _CALENDAR],
        "mail_down": [Fault(kind="status", route="sendMail", status=503)],
        "lost_answer": [Fault(kind="after_write", route="events", status=504, count=1)],
        "login_down": [Fault(kind="token_refused")],
        "dead_mailbox": [Fault(kind="dead_mailbox", mailbox=mailbox)] if mailbox else [],
    }
    return table.get(switch, [])


def faults_page(tenant: Tenant, lang: str) -> Html:
    """Return the switches and what is on."""
    words = TEXTS[lang]
    forms = [_form(lang, _button(switch, lang)) for switch in SWITCHES]
    forms.append(_form(lang, _choice(tenant, lang), _button("dead_mailbox", lang)))
    well = el("button", words["all_well"], name="switch", value="all_well", cls="well")
    return join(el("h1", words["faults"]), _active(tenant, lang), *forms, _form(lang, well))


def _choice(tenant: Tenant, lang: str) -> Html:
    words, boxes = TEXTS[lang], tenant.mailboxes.values()
    if len(boxes) > MOST_ROWS:
        address = el("input", type="email", name="mailbox", required=True)
        return el("label", words["address"], " ", address)
    names = [el("option", m.name, value=m.mail) for m in boxes]
    return el("select", *names, name="mailbox", aria_label=words["dead_mailbox"])


def _button(switch: str, lang: str) -> Html:
    return el("button", TEXTS[lang][switch], name="switch", value=switch)


def _form(lang: str, *inside: Html) -> Html:
    return el("form", *inside, method="post", action=f"/faults?lang={lang}")


def _active(tenant: Tenant, lang: str) -> Html:
    words, active = TEXTS[lang], tenant.faults.active
    if not active:
        return el("p", words["well_now"], cls="card", role="status")
    rows = [el("li", _describe(fault)) for fault in active]
    head = el("strong", f"{words['active']}:")
    return el("div", head, el("ul", *rows), cls="card active", role="status")


def _describe(fault: Fault) -> str:
    shown = fault.model_dump(exclude_defaults=True)
    return ", ".join(str(v) if k == "kind" else f"{k} {v}" for k, v in shown.items())
