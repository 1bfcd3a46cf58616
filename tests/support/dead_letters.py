"""Which dead letters there have to be: one for each function and bad message of its stream, never two."""

from collections.abc import Sequence
from datetime import datetime

from functions.function import AnyFunction
from tests.support.platform import Platform
from tests.support.validity import Bad, billed, evaluated, recorded, reported

READERS = {
    "billing_metrics": billed,
    "delivery_metrics": reported,
    "dlr_facts": reported,
    "cdr_facts": recorded,
    "compliance_facts": evaluated,
}


async def dead_letter_differences(platform: Platform, functions: Sequence[AnyFunction], now: datetime) -> Sequence[str]:
    """Compares the dead letters to what is in the streams; empty when there is exactly one for each bad message."""
    wanted: dict[tuple[str, int], str] = {}
    for function in functions:
        read = READERS[function.name]
        for sequence, message in (await platform.kept(function.stream)).items():
            try:
                read(message, now)
            except Bad as verdict:
                wanted[function.name, sequence] = verdict.field
    dead_letters = await platform.dead_letters()
    found = {(dead_letter.function, dead_letter.sequence): dead_letter.sentence for dead_letter in dead_letters}
    return [
        *(f"{key}: no dead letter" for key in wanted.keys() - found.keys()),
        *(f"{key}: a dead letter for a good event: {found[key]}" for key in found.keys() - wanted.keys()),
        *(
            f"{key}: {wanted[key]} is not in: {found[key]}"
            for key in wanted.keys() & found.keys()
            if wanted[key] not in found[key]
        ),
        *([f"{len(dead_letters) - len(found)} dead letters twice"] * (len(dead_letters) != len(found))),
    ]
