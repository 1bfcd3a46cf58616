"""`anlyt events`: samples are good, `validate` reports everything within bounds, and `publish` stores what it says."""

import asyncio
import json
import os
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from commands import publish
from commands.cli import cli
from commands.events import BadEventsError
from commands.publish import NotPublishedError
from commands.support import event_checks
from infra.errors import UsageError
from infra.settings import read_settings
from schema.events import EVENTS
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support.platform import Platform

pytestmark = pytest.mark.anyio

MSISDN = "93701234567"
KINDS = ("billing", "dlr", "cdr", "compliance")


def ran(*arguments: str, given: bytes = b"", folder: Path | None = None) -> Result:
    """Runs `anlyt events` in this process. The input is a file, as it is for a process."""
    if folder is not None:
        (folder / "input").write_bytes(given)
        arguments = (*arguments, str(folder / "input"))
    return CliRunner().invoke(cli, ["events", *arguments])


def samples(kind: str, count: int, *more: str) -> bytes:
    return ran("sample", kind, "--count", str(count), *more).stdout_bytes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("more", [[], ["--minimal"], ["--count", "3"]])
def test_samples_are_good_and_no_two_are_the_same(kind: str, more: Sequence[str], tmp_path: Path) -> None:
    text = ran("sample", kind, *more).stdout_bytes + ran("sample", kind, *more).stdout_bytes
    result = ran("validate", given=text, folder=tmp_path)
    count = 6 if "--count" in more else 2
    assert (result.exit_code, result.stdout) == (0, f"{count} events, nothing wrong.\n")
    ids = [line for line in text.decode().replace(",", ",\n").splitlines() if "eventId" in line]
    assert len(set(ids)) == count


def test_every_problem_has_its_line_its_path_and_the_nearest_right_value(tmp_path: Path) -> None:
    good = samples("billing", 2).splitlines()
    wrong = good[0].replace(b'"USD"', b'"usd"').replace(b'"segmentCount": 1', b'"segmentCount": "1"')
    result = ran("validate", given=b"\n".join([good[0], wrong, good[1], b'{"x": 1}', b"{"]), folder=tmp_path)
    assert result.stdout.splitlines() == [
        "line 2: sms.billed.v1 $.segmentCount: segmentCount must be an integer from 1 to 2147483648. Did you mean 1?",
        "line 2: sms.billed.v1 $.currency: currency must be three capital letters (ISO 4217), such as USD. "
        'Did you mean "USD"?',
        "line 4: $: No field says which event this is. Name its type: --type billing|dlr|cdr|compliance.",
        "line 5: $: The message is not JSON in UTF-8.",
    ]
    assert isinstance(result.exception, BadEventsError)
    assert str(result.exception) == "3 of 5 events cannot be counted."


def test_a_list_that_is_cut_off_is_no_event_but_a_failure(tmp_path: Path) -> None:
    result = ran("validate", given=b"[" + samples("dlr", 1), folder=tmp_path)
    assert result.stdout == "line 1: $: The list does not end; the file may be cut off.\n"
    assert str(result.exception) == "The list does not end; the file may be cut off."
    cut = samples("dlr", 1)[:-9]
    result = ran("validate", given=b"[" + cut, folder=tmp_path)
    assert str(result.exception) == "1 of 1 event cannot be counted."


def test_problems_as_json(tmp_path: Path) -> None:
    given = samples("cdr", 1).replace(b'"USD"', b"7")
    (line,) = ran("validate", "--json", given=given, folder=tmp_path).stdout.splitlines()
    found = json.loads(line)
    assert (found["line"], found["type"], found["path"]) == (1, "cdr.generated.v1", "$.currency")


def test_a_field_that_is_almost_named_right_gets_a_note(tmp_path: Path) -> None:
    given = samples("dlr", 1, "--minimal").replace(b'"accountId"', b'"tenant_id": "t-1", "accountId"')
    result = ran("validate", given=given, folder=tmp_path)
    assert result.stdout.splitlines() == [
        "line 1: sms.dlr.inbound.v1 $: note: tenant_id is ignored. Did you mean tenantId?",
        "1 event, nothing wrong.",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_that_may_be_a_phone_number_is_shown(kind: str, tmp_path: Path) -> None:
    good = json.loads(samples(kind, 1))
    names = [*good, MSISDN, "to"]
    values: Sequence[Any] = [
        MSISDN,
        f"+{MSISDN}",
        f"to {MSISDN}",
        int(MSISDN),
        [MSISDN],
        {MSISDN: MSISDN},
        f"{MSISDN}.0",
    ]
    lines = [json.dumps({**good, name: value}) for name in names for value in values]
    lines += [json.dumps({MSISDN: good}), MSISDN, f'"{MSISDN}', json.dumps({f"eventId{MSISDN}": 1, "billedAt": 1})]
    result = ran("validate", "--limit", "1000", given="\n".join(lines).encode(), folder=tmp_path)
    assert result.exit_code == 1
    assert "70123456" not in result.output


def test_output_is_bounded_and_says_how_much_more_there_is(tmp_path: Path) -> None:
    given = b'{"billedAt": 1}\n' * 2_000
    result = ran("validate", "--limit", "5", given=given, folder=tmp_path)
    assert len(result.stdout.splitlines()) == 6
    assert result.stdout.splitlines()[-1] == "... and 23,995 more. --limit shows more of them."
    assert str(result.exception) == "2,000 of 2,000 events cannot be counted."


@pytest.mark.parametrize(
    "given",
    [
        b'{"eventId": "' + b"x" * (1 << 21) + b'"}',
        b'{"eventId": ' * 100_000,
        b"[" * 1_000_000,
        b'{"billedAt": NaN}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe\x00",
        b'{"eventId": "\xff"}',
        rb'{"eventId": "\ud800"}',
        b"\x00",
        b'{"billedAt": 1e99999999999}',
        b'{"segmentCount": ' + b"9" * 100_000 + b', "billedAt": 1}',
    ],
    ids=lambda given: given[:20],
)
def test_hostile_input_gets_a_sentence(given: bytes, tmp_path: Path) -> None:
    result = ran("validate", given=given, folder=tmp_path)
    assert isinstance(result.exception, (BadEventsError, UsageError))
    assert len(result.output) < 20_000


def test_memory_is_constant(tmp_path: Path) -> None:
    """A list of 40 MB in one line is checked in far less memory."""
    event = samples("dlr", 1).strip()
    result = ran("validate", given=b"[" + b",".join([event] * 1_000) + b"]", folder=tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (tmp_path / "input").open("wb") as file:
        file.write(b'[{"unknown": [')
        for _ in range(40):
            file.write(b'"' + b"x" * (1 << 20) + b'",')
    result = CliRunner().invoke(cli, ["events", "validate", str(tmp_path / "input")])
    assert "longer than 1,048,576 bytes" in result.output
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KB


async def _published(platform: Platform, file: Path, *, anyway: bool = False, kind: str | None = None) -> None:
    settings = read_settings({"ANLYT_NATS_URL": platform.url})
    with file.open("rb") as opened:
        await publish.run(settings, opened.fileno(), kind, 10, anyway=anyway)


async def test_publishing_stores_each_event_once_under_its_id(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events"
    file.write_bytes(samples("billing", 3) + samples("dlr", 600))
    await _published(platform, file)
    assert capsys.readouterr().out == "603 events stored: 3 sms.billed.v1, 600 sms.dlr.inbound.v1.\n"
    await _published(platform, file)
    assert capsys.readouterr().out == "0 events stored. 603 events already stored (same Nats-Msg-Id).\n"
    stored = await platform.stored_messages(BILLING_EVENTS)
    assert [message.data for message in stored.values()] == file.read_bytes().splitlines()[:3]
    for message in stored.values():
        assert dict(message.headers or {})["Nats-Msg-Id"] == json.loads(message.data)["eventId"]
    assert len(await platform.stored_messages(SMS_DLR)) == 600


async def test_bad_events_are_sent_only_when_that_is_asked_for(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "events"
    good, bad = samples("billing", 1), samples("billing", 1).replace(b'"USD"', b'"usd"')
    file.write_bytes(good + bad + b'{"x": 1}\n')
    with pytest.raises(BadEventsError, match="2 of 3 events cannot be counted and were not sent"):
        await _published(platform, file)
    assert len(await platform.stored_messages(BILLING_EVENTS)) == 1
    with pytest.raises(BadEventsError, match="2 of 3 events cannot be counted"):
        await _published(platform, file, anyway=True)
    assert [message.data + b"\n" for message in (await platform.stored_messages(BILLING_EVENTS)).values()] == [
        good,
        bad,
    ]


async def test_a_stopped_publication_says_how_many_were_stored(platform: Platform) -> None:
    reading, writing = os.pipe()
    settings = read_settings({"ANLYT_NATS_URL": platform.url})
    publishing = asyncio.create_task(publish.run(settings, reading, None, 10, anyway=False))
    os.write(writing, samples("billing", 20))
    while len(await platform.stored_messages(BILLING_EVENTS)) < 20:
        await asyncio.sleep(0.05)
    publishing.cancel()
    with pytest.raises(NotPublishedError, match=r"Stopped before the end. 20 events stored: 20 sms.billed.v1."):
        await publishing
    os.close(writing)


async def test_a_missing_stream_is_named(platform: Platform, tmp_path: Path) -> None:
    await platform.jetstream.delete_stream(BILLING_EVENTS.name)
    file = tmp_path / "events"
    file.write_bytes(samples("billing", 1))
    with pytest.raises(UsageError, match="Stream BILLING_EVENTS does not exist; run `anlyt migrate` first"):
        await _published(platform, file)


def test_the_short_names_are_those_of_all_events() -> None:
    assert (tuple(event_checks.KINDS), tuple(event_checks.KINDS.values())) == (KINDS, EVENTS)
