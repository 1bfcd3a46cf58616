"""The public JSON of all subjects, checked field by field against the contract, without the product's types."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from demo.wire import Message

Event = dict[str, Any]
Check = Callable[[Any], object]


def matches(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value)


def one_of(*values: object) -> Check:
    return lambda value: value in values


def whole(least: int, most: int = 2**31) -> Check:
    return lambda value: type(value) is int and least <= value < most


ID = matches(r"[A-Za-z0-9_.:-]{1,64}")
TIME = matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MONEY = matches(r"\d+\.\d{6}")
MNO = one_of("AWCC", "ROSHAN", "ETISALAT_AF", "MTN_AF", "SALAAM")
LANE = one_of("P0_EMERGENCY", "OTP", "TRANSACTIONAL", "MARKETING")

BILLED: Mapping[str, Check] = {
    "schemaVersion": one_of("1"),
    "eventId": ID,
    "messageId": ID,
    "accountId": matches(r"acc-\d{4}"),
    "tenantId": matches(r"tenant-\d{3}"),
    "operatorId": matches(r"op-[a-z]+-\d"),
    "segmentCount": whole(1, 10),
    "costPerSegment": MONEY,
    "totalCost": MONEY,
    "currency": one_of("USD", "AFN"),
    "status": one_of("BILLED", "REFUNDED"),
    "billedAt": TIME,
    "mno": MNO,
    "lane": LANE,
    "direction": one_of("MT"),
}
RECEIPT: Mapping[str, Check] = {
    "schemaVersion": one_of("1"),
    "eventId": ID,
    "messageId": ID,
    "operatorId": matches(r"op-[a-z]+-\d"),
    "accountId": matches(r"acc-\d{4}"),
    "deliveryStatus": one_of("DELIVERED", "FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED", "PENDING"),
    "errorCode": lambda value: value is None or matches(r"\d{3}|ESME_R[A-Z]+")(value),
    "latencyMs": whole(0),
    "tpsSnapshot": whole(0, 1_000),
    "receivedAt": TIME,
    "mno": MNO,
    "lane": LANE,
    "direction": one_of("MT"),
    "destinationPrefix": matches(r"937\d"),
}
RECORD: Mapping[str, Check] = {
    **{name: BILLED[name] for name in ("schemaVersion", "eventId", "messageId", "tenantId", "accountId", "operatorId")},
    **{name: RECEIPT[name] for name in ("mno", "lane", "direction", "destinationPrefix")},
    "cdrId": ID,
    "status": RECEIPT["deliveryStatus"],
    "segmentCount": whole(1, 10),
    "chargeAmount": MONEY,
    "currency": BILLED["currency"],
    "occurredAt": TIME,
}


def findings(value: Any) -> bool:
    shape = {"ruleId": ID, "ruleName": matches(r"[ -~]{1,128}"), "ruleType": ID, "action": ID}
    return all(
        found.keys() == shape.keys() and all(check(found[name]) for name, check in shape.items()) for found in value
    )


EVALUATION: Mapping[str, Check] = {
    **{name: BILLED[name] for name in ("schemaVersion", "eventId", "messageId", "tenantId", "accountId")},
    "evaluationId": ID,
    "verdict": one_of("ALLOW", "FLAG", "HOLD", "BLOCK"),
    "findings": findings,
    "ruleSetId": ID,
    "ruleSetVersion": ID,
    "evaluationLatencyMs": whole(1),
    "at": TIME,
    "mno": MNO,
    "lane": LANE,
}
SHAPES = {
    "billing.events": BILLED,
    "sms.dlr.inbound": RECEIPT,
    "cdr.generated.v1": RECORD,
    "compliance.audit.v1": EVALUATION,
}


def is_bad(message: Message) -> bool:
    return b'.bad"' in message.data


@pytest.fixture(scope="module")
def good(week: list[Message]) -> list[tuple[Message, Event]]:
    """All good events, each once."""
    first = {message.data: message for message in week if not is_bad(message)}
    return [(message, json.loads(data)) for data, message in first.items()]


@pytest.fixture(scope="module")
def bills(good: list[tuple[Message, Event]]) -> list[Event]:
    return [event for message, event in good if message.subject == "billing.events"]


@pytest.fixture(scope="module")
def receipts(good: list[tuple[Message, Event]]) -> list[Event]:
    return [event for message, event in good if message.subject == "sms.dlr.inbound"]


def test_every_field_is_as_the_contract_has_it(good: list[tuple[Message, Event]]) -> None:
    for message, event in good:
        shape = dict(SHAPES[message.subject])
        if message.subject == "sms.dlr.inbound" and message.headers is None:
            shape["tenantId"] = BILLED["tenantId"]
        assert event.keys() == shape.keys()
        assert [name for name, check in shape.items() if not check(event[name])] == []


def test_no_id_names_two_events(good: list[tuple[Message, Event]]) -> None:
    assert len({event["eventId"] for _, event in good}) == len(good)


def test_costs_are_exact_products(bills: list[Event]) -> None:
    assert all(Decimal(bill["costPerSegment"]) * bill["segmentCount"] == Decimal(bill["totalCost"]) for bill in bills)


def test_a_refund_repeats_its_bill_later(bills: list[Event]) -> None:
    billed = {bill["messageId"]: bill for bill in bills if bill["status"] == "BILLED"}
    refunds = [bill for bill in bills if bill["status"] == "REFUNDED"]
    told_apart_by = {"eventId", "status", "billedAt"}
    assert refunds
    for refund in refunds:
        bill = billed.get(refund["messageId"], refund)  # a delayed bill may arrive after its refund
        assert {name: refund[name] for name in refund.keys() - told_apart_by}.items() <= bill.items()
        assert refund is bill or refund["billedAt"] > bill["billedAt"]


def test_receipts_name_the_tenant_in_the_body_or_else_in_the_header(
    good: list[tuple[Message, Event]], bills: list[Event]
) -> None:
    tenants = {bill["accountId"]: bill["tenantId"] for bill in bills}
    named: Counter[str] = Counter()
    for message, event in good:
        if message.subject == "sms.dlr.inbound":
            where = "header" if message.headers else "body"
            named[where] += 1
            tenant = message.headers["X-Tenant-Id"] if message.headers else event["tenantId"]
            assert tenant == tenants[event["accountId"]]
    assert 0.1 < named["header"] / named.total() < 0.3


def test_no_event_names_the_message_id_for_deduplication(week: list[Message]) -> None:
    assert {name for message in week for name in message.headers or {}} == {"X-Tenant-Id"}


def test_only_failures_have_an_error_code(receipts: list[Event]) -> None:
    codes = Counter((receipt["deliveryStatus"], receipt["errorCode"]) for receipt in receipts)
    assert {code for status, code in codes if status in ("DELIVERED", "PENDING", "EXPIRED")} == {None}
    assert codes["FAILED", "ESME_RTHROTTLED"]
    assert codes["FAILED", "099"]


def test_a_receipt_comes_its_latency_after_the_bill(bills: list[Event], receipts: list[Event]) -> None:
    sent = {bill["messageId"]: bill["billedAt"] for bill in bills if bill["status"] == "BILLED"}
    for receipt in receipts:
        if receipt["messageId"] in sent:
            latency = timedelta(milliseconds=receipt["latencyMs"])
            received = datetime.fromisoformat(receipt["receivedAt"]).astimezone(UTC)
            assert datetime.fromisoformat(sent[receipt["messageId"]]) + latency == received


def test_pending_is_followed_by_an_end(receipts: list[Event]) -> None:
    ends = {receipt["messageId"]: receipt for receipt in receipts if receipt["deliveryStatus"] != "PENDING"}
    pending = [receipt for receipt in receipts if receipt["deliveryStatus"] == "PENDING"]
    followed = [receipt for receipt in pending if receipt["messageId"] in ends]
    assert len(followed) > 0.98 * len(pending)
    assert all(receipt["latencyMs"] <= ends[receipt["messageId"]]["latencyMs"] for receipt in followed)


def test_a_record_has_status_and_time_of_its_receipt(good: list[tuple[Message, Event]], receipts: list[Event]) -> None:
    ends = {event["messageId"]: event for event in receipts if event["deliveryStatus"] != "PENDING"}
    records = [event for message, event in good if message.subject == "cdr.generated.v1"]
    both = [(record, ends[record["messageId"]]) for record in records if record["messageId"] in ends]
    assert len(both) > 0.98 * len(records)
    for record, end in both:
        assert (record["status"], record["occurredAt"]) == (end["deliveryStatus"], end["receivedAt"])


def test_every_verdict_is_reached_and_only_trouble_has_findings(good: list[tuple[Message, Event]]) -> None:
    evaluations = [event for message, event in good if message.subject == "compliance.audit.v1"]
    assert {event["verdict"] for event in evaluations} == {"ALLOW", "FLAG", "HOLD", "BLOCK"}
    assert all((event["verdict"] == "ALLOW") == (event["findings"] == []) for event in evaluations)
