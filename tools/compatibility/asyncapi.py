"""Compares two AsyncAPI documents. Callers send what the service receives."""

from collections.abc import Iterator

from tools.compatibility.schemas import Comparison, Json, resolved


def breaks(old: Json, new: Json) -> Iterator[str]:
    """One sentence per break."""
    for name, channel in old["channels"].items():
        found = new["channels"].get(name)
        if found is None:
            yield f"The channel {name} is gone."
            continue
        if found["address"] != channel["address"]:
            yield f"The address of {name} was {channel['address']}, and is {found['address']}."
        yield from (f"{name}: {each} is gone." for each in channel["messages"] if each not in found["messages"])
    for name in old["components"]["messages"].keys() & new["components"]["messages"].keys():
        yield from _message(name, old, new)


def _message(name: str, old: Json, new: Json) -> Iterator[str]:
    before, after = (document["components"]["messages"][name] for document in (old, new))
    comparison = Comparison(old, new, "received" if name in _published(old) else "sent")
    yield from comparison.breaks(name, before["payload"], after["payload"])
    yield from comparison.breaks(f"{name} headers", before.get("headers", {}), after.get("headers", {}))


def _published(document: Json) -> set[str]:
    """The names of the messages that the service sends."""
    sent = (each for each in document["operations"].values() if each["action"] == "send")
    return {name for each in sent for name in resolved(document, each["channel"])["messages"]}
