"""The command line. Words for people and exit codes; what is done stands elsewhere.

Exit codes: 0 done, 1 something the reader must mend is wrong, 2 it could not run here.
"""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot import business_file, logs
from bot.business_file import BusinessFileInvalid, Problem
from scheduling.clock import SystemClock

if TYPE_CHECKING:
    from bot.demo_program import Demo, DemoOptions

WRONG, IMPOSSIBLE = 1, 2
COUNTED = {"de": ("1 Fehler.", "Fehler."), "en": ("1 mistake.", "mistakes.")}

app = typer.Typer(
    name="bot",
    help="Terminbot: customers book in Teams, in a chat or on a page; staff see it in Outlook.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command that the arguments name."""
    app(prog_name="run.py")


OfDemo = Annotated[
    str | None, typer.Option(help="The demo of an example instead of the configured bot.")
]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The business file.")],
    lang: Annotated[str, typer.Option(help="Language of the list: en or de.")] = "en",
) -> None:
    """List every mistake of a business file, with line and cure."""
    problems = business_file.check(file)
    if problems:
        _list_of(problems, lang)
        raise typer.Exit(WRONG)
    business = business_file.load(file)
    counted = f"{len(business.services)} services, {len(business.staff)} staff members"
    typer.echo(f"{file}: no mistakes ({counted}).")


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="Write to a file instead.")] = None,
) -> None:
    """Print the JSON Schema of the business file, for editors."""
    text = json.dumps(business_file.json_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@app.command()
def serve() -> None:
    """Run the bot for a real tenant, told by TERMINBOT_* settings."""
    # imported here: `check` must not wait for the SDKs
    from bot import app as application
    from bot.settings import SettingsInvalid, load_settings

    try:
        settings = load_settings()
    except SettingsInvalid as invalid:
        typer.echo("Terminbot does not start, its settings are incomplete or wrong:\n", err=True)
        typer.echo(str(invalid), err=True)
        raise typer.Exit(WRONG) from None
    logs.configure(settings.log_level, sys.stderr)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_until_stopped(application.run(settings)))
    except BusinessFileInvalid as invalid:
        _list_of(invalid.problems)
        raise typer.Exit(WRONG) from None
    except OSError as error:
        _give_up(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.")


@app.command()
def slots(  # noqa: PLR0913 - one parameter per option
    service: Annotated[str, typer.Option(help="Id of the service.")],
    first: Annotated[str, typer.Option("--from", help="First day, as 2026-12-01.")] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days.")] = 7,
    staff: Annotated[str | None, typer.Option(help="Id of one staff member.")] = None,
    location: Annotated[str, typer.Option(help="teams, phone or the id of a place.")] = "",
    minutes: Annotated[int | None, typer.Option(help="Duration, where there are several.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of every other start why it is not offered.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    busy: Annotated[
        Path | None,
        typer.Option(help="JSON file, mailbox -> [{start, end, status}]; Outlook is not asked."),
    ] = None,
    now: Annotated[str, typer.Option(help="Answer as if it were then (ISO 8601).")] = "",
    business: Annotated[
        Path | None, typer.Option(help="Business file (default: the configured one).")
    ] = None,
    example: Annotated[
        str | None, typer.Option(help="An example instead, with the demo that runs it.")
    ] = None,
) -> None:
    """List the slots of a service as customers get them, and why others are none."""
    from bot.slots_command import Question, answer

    asked = Question(
        service, first, days, staff, location, minutes, now, explain=explain,
        busy=busy, business=business, example=example,
    )  # fmt: skip
    with _refusals_said():
        found = asyncio.run(answer(asked))
    typer.echo(found.as_json() if as_json else found.as_text())


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    example: OfDemo = None,
) -> None:
    """Say which calendars do not answer and since when, and what waits to be done."""
    from bot.status_command import look

    with _refusals_said():
        found = asyncio.run(look(example))
    typer.echo(found.as_json() if as_json else found.as_text())


@app.command()
def retry(
    job: Annotated[int | None, typer.Argument(help="Number of the job, as `status` says.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that failed.")] = False,
    example: OfDemo = None,
) -> None:
    """Let work that was set aside be tried again by the bot that runs."""
    from bot.status_command import take_up_again

    _say(take_up_again(example, job, everything=everything))


@app.command()
def discard(job: int, example: OfDemo = None) -> None:
    """Give up for good what was set aside; `status` names its number."""
    from bot.status_command import give_up

    _say(give_up(example, job))


PassphraseFile = Annotated[
    Path | None, typer.Option(help="File whose first line is the passphrase.")
]


@app.command()
def backup(
    out: Annotated[
        Path | None, typer.Option(help="The new file (default terminbot-TIME.zip, here).")
    ] = None,
    passphrase_file: PassphraseFile = None,
    example: OfDemo = None,
) -> None:
    """Copy all bookings into one checked file, encrypted on request, while the bot runs."""
    from bot.backup_command import back_up

    _say(back_up(out, passphrase_file, example))


@app.command("verify-backup")
def verify_backup(
    file: Annotated[Path, typer.Argument(help="What `backup` wrote.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Check a backup as a restore would, and change nothing."""
    from bot.backup_command import verify

    _say(verify(file, passphrase_file))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `backup` wrote.")],
    to: Annotated[Path, typer.Option(help="A new or empty folder.")],
    passphrase_file: PassphraseFile = None,
    erased: Annotated[
        Path | None, typer.Option(help="List of erased customers (default: the configured one).")
    ] = None,
) -> None:
    """Put the bookings of a backup into a new folder. Nothing is overwritten."""
    from bot import backup_command

    _say(backup_command.restore(file, to.absolute(), passphrase_file, erased))


@app.command("migrate-data")
def migrate_data(
    to: Annotated[str, typer.Option(help="postgresql://user@host/database, empty.")],
) -> None:
    """Take all bookings from the SQLite file to PostgreSQL, while the bot is stopped."""
    from bot import migrate_command

    with _refusals_said():
        typer.echo(asyncio.run(migrate_command.migrate_data(to)))


def _say(doing: Coroutine[object, object, str]) -> None:
    try:
        with _refusals_said():
            typer.echo(asyncio.run(doing))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _give_up(f"It cannot be done here: {where}{error.strerror or error}.")


@app.command("verify-audit")
def verify_audit(
    checkpoints: Annotated[
        Path | None, typer.Option(help="A copy of the checkpoints that was kept elsewhere.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Public key that must have signed them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    example: OfDemo = None,
) -> None:
    """Work out the whole ledger anew and name the first record that was changed."""
    from bot.audit_command import verify

    with _refusals_said():
        found = asyncio.run(verify(example, checkpoints, key))
    typer.echo(found.as_json() if as_json else found.as_text())
    if not found.is_sound:
        raise typer.Exit(WRONG)


@app.command()
def evidence(
    booking: Annotated[str, typer.Argument(help="Number or id of the booking.")],
    out: Annotated[
        Path | None, typer.Option(help="The new folder (default evidence-NUMBER, here).")
    ] = None,
    example: OfDemo = None,
) -> None:
    """Write all that was recorded of a booking so that a third person can check it."""
    from bot import evidence_command

    with _refusals_said():
        try:
            written = asyncio.run(evidence_command.write(booking, out, example))
        except OSError as error:
            _give_up(f"It cannot be written: {error.filename}: {error.strerror or error}.")
    typer.echo(str(written))
    if not written.is_sound:
        raise typer.Exit(WRONG)


@app.command("erase-customer")
def erase_customer(
    who: Annotated[str, typer.Argument(help="Mail address, or the number of a booking.")],
    yes: Annotated[bool, typer.Option("--yes", help="Erase for good, instead of a list.")] = False,
    example: OfDemo = None,
) -> None:
    """List what is kept of a customer, and with --yes erase it for good."""
    from bot import erase_command

    _say((erase_command.erase if yes else erase_command.preview)(who, example))


@app.command("outage-report")
def outage_report(  # noqa: PLR0913 - one parameter per option
    first: Annotated[str, typer.Option("--from", help="First day, as 2026-12-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for outage-report.html and .json.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the page: de or en.")] = "de",
    names: Annotated[bool, typer.Option("--names", help="Name the customers.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    example: OfDemo = None,
) -> None:
    """Say what outages of Microsoft did: from, to, evidence, bookings, delays, losses."""
    from bot.outage_command import Asked, report, write

    with _refusals_said():
        made = asyncio.run(report(Asked(first, last, names, example)))
    try:
        files = write(made, out, lang) if out else []
    except OSError as error:
        _give_up(f"The report cannot be written: {error.filename}: {error.strerror}.")
    typer.echo(made.as_json() if as_json else made.as_text())
    for file in files if not as_json else ():
        typer.echo(f"Written: {file}")


@app.command()
def link(
    service: Annotated[str, typer.Argument(help="Id of a service with `visibility: link`.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days it is valid.")] = 14,
    example: OfDemo = None,
) -> None:
    """Make a link with which somebody can book a service once; print it."""
    from bot.link_command import issue

    with _refusals_said():
        url = asyncio.run(issue(service, days, example))
    typer.echo(url)


@app.command()
def mark(number: str, what: str, example: OfDemo = None) -> None:
    """Say, after its end, whether the customer of a booking came: attended or no-show."""
    from bot import mark_command

    _say(mark_command.mark(number, what, example))


@app.command()
def understand(
    sentence: Annotated[str, typer.Argument(help="What a customer writes.")] = "",
    jsonl: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Read rows of a file, write what is understood to another."),
    ] = None,
    intents: Annotated[
        bool, typer.Option("--intents", help="The rows ask what is wanted, not when.")
    ] = False,
    lang: Annotated[str, typer.Option(help="Language of the sentence: de or en.")] = "de",
    now: Annotated[str, typer.Option(help="Moment of speaking, as 2026-12-01T09:00.")] = "",
) -> None:
    """Show how a sentence is read: days, hours, what is excluded."""
    from bot import understand_command as understanding

    if (jsonl is None) is not bool(sentence):
        typer.echo("Give one sentence, or --jsonl with two files.", err=True)
        raise typer.Exit(WRONG)
    if jsonl is None:
        moment = _wall_clock(now)
        colour = sys.stdout.isatty()
        typer.echo(understanding.shown(sentence, moment, lang, colour=colour), nl=False)
        return
    try:
        count = understanding.read_rows(*jsonl, intents=intents)
    except understanding.RowsUnreadable as unreadable:
        typer.echo(str(unreadable), err=True)
        raise typer.Exit(WRONG) from None
    except OSError as error:
        _give_up(f"{error.filename}: {error.strerror}.")
    typer.echo(f"{count} rows read, written to {jsonl[1]}.")


def _wall_clock(text: str) -> datetime:
    if not text:
        return SystemClock().now().astimezone().replace(tzinfo=None)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        typer.echo(f"{text!r} is no time. Write it as 2026-12-01T09:00.", err=True)
        raise typer.Exit(WRONG) from None


@app.command()
def demo(  # noqa: PLR0913 - one parameter per option
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the bot.")] = 3978,
    emulator_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the emulated Microsoft Graph.")
    ] = 3979,
    example: Annotated[
        str,
        typer.Option(help="practice, remote-support, dance-school or service-desk (16,000 staff)"),
    ] = "practice",
    data: Annotated[
        Path | None, typer.Option(help="Folder of all data (default var/demo-EXAMPLE).")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget everything first.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all URLs as one JSON line.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run everything on this computer, with an invented business. Nothing is sent anywhere."""
    from bot.demo_program import DemoOptions, folder_of

    folder = data or folder_of(example)
    options = DemoOptions(example, folder.absolute(), host, port, emulator_port, reset)
    _run_demo(options, as_json=as_json)


def _run_demo(options: "DemoOptions", *, as_json: bool) -> None:
    from bot import demo_program

    try:
        this = demo_program.prepare(options)
        log_file = options.data / "bot.log"
        with log_file.open("a", encoding="utf-8") as log:
            logs.configure(this.settings.log_level, log)
            running = demo_program.run(
                this,
                started=lambda: typer.echo(this.as_json()) if as_json else None,
                ready=lambda: None if as_json else _announce(this),
            )
            asyncio.run(_until_stopped(running))
    except BusinessFileInvalid as invalid:
        _list_of(invalid.problems)
        raise typer.Exit(WRONG) from None
    except demo_program.DemoImpossible as impossible:
        _give_up(str(impossible))
    except OSError as error:
        _give_up(f"The demo cannot run here: {error.strerror or error}.")


@app.command(name="train-intents")
def train_intents(
    out: Annotated[Path | None, typer.Option(help="Another folder for the weights.")] = None,
) -> None:
    """Make the weights of the intent model anew (needs the packages for tests)."""
    from bot import training

    folder = out or Path(__file__).parent / "understanding" / "weights"
    if not folder.is_dir():
        _give_up(f"{folder} is no folder.")
    try:
        report = training.train(folder)
    except ModuleNotFoundError as missing:
        _give_up(f"{missing.name} is needed: run `python3 run.py train-intents` from the sources.")
    typer.echo(report)


def _announce(this: "Demo") -> None:
    urls, options = this.urls, this.options
    now = SystemClock().now().astimezone(this.business.zone)
    typer.echo(f"""
Terminbot demo, example {options.example}
Es wird nichts verschickt. Nothing is sent anywhere: all of it runs on this computer.

  Chat               {urls["chat"]}
  Booking page       {urls["book"]}
  Staff calendars    {urls["calendars"]}
  Mails              {urls["mails"]}
  Break something    {urls["faults"]}
  On a website       {urls["embed_demo"]}
  Health             {urls["health"]}

  Time               {now:%Y-%m-%d %H:%M} ({this.business.zone.key})
  Data               {options.data}

Stop: Ctrl-C. Start anew: python3 run.py demo --example {options.example} --reset
""")


async def _until_stopped(running: Coroutine[object, object, None]) -> None:
    """Run it until it ends, or until Ctrl-C or SIGTERM ask for the end."""
    task = asyncio.ensure_future(running)
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels the main task
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def _refusals_said() -> Iterator[None]:
    """Say what cannot be answered, in one line or as the list of mistakes."""
    from bot.slots_command import SlotsImpossible

    try:
        yield
    except SlotsImpossible as impossible:
        typer.echo(str(impossible), err=True)
        raise typer.Exit(WRONG) from None
    except BusinessFileInvalid as invalid:
        _list_of(invalid.problems)
        raise typer.Exit(WRONG) from None


def _list_of(problems: Sequence[Problem], language: str = "en") -> None:
    for problem in problems:
        typer.echo(f"{problem.in_words(language)}\n", err=True)
    words = COUNTED["de" if language.startswith("de") else "en"]
    typer.echo(words[0] if len(problems) == 1 else f"{len(problems)} {words[1]}", err=True)


def _give_up(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(IMPOSSIBLE)
