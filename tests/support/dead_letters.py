"""The expected dead letters: exactly one per function and bad message of its stream."""

from collections.abc import Sequence
from datetime import datetime

from functions.function import AnyFunction
from tests.support.platform import Platform
from tests.support.validity import Bad, parse_billing, parse_evaluation, parse_record, parse_report

READERS = {
    "billing_metrics": parse_billing,
    "delivery_metrics": parse_report,
    "dlr_facts": parse_report,
    "cdr_facts": parse_record,
    "compliance_facts": parse_evaluation,
}


async def dead_letter_differences(platform: Platform, functions: Sequence[AnyFunction], now: datetime) -> Sequence[str]:
    """The differences between stored and expected dead letters; empty if there are none."""
    bad_fields: dict[tuple[str, int], str] = {}
    for function in functions:
        read = READERS[function.name]
        for sequence, message in (await platform.stored_messages(function.stream)).items():
            try:
                read(message, now)
            except Bad as verdict:
                bad_fields[function.name, sequence] = verdict.field
    dead_letters = await platform.dead_letters()
    sentences = {(dead_letter.function, dead_letter.sequence): dead_letter.sentence for dead_letter in dead_letters}
    return [
        *(f"{key}: no dead letter" for key in bad_fields.keys() - sentences.keys()),
        *(f"{key}: a dead letter for a good event: {sentences[key]}" for key in sentences.keys() - bad_fields.keys()),
        *(
            f"{key}: {bad_fields[key]} is not in: {sentences[key]}"
            for key in bad_fields.keys() & sentences.keys()
            if bad_fields[key] not in sentences[key]
        ),
        *([f"{len(dead_letters) - len(sentences)} duplicate dead letters"] * (len(dead_letters) != len(sentences))),
    ]
