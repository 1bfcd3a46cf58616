"""Lines that say how far a long benchmark is."""

from datetime import datetime


def say(sentence: str) -> None:
    """Prints a sentence with the time of day."""
    print(f"{datetime.now():%H:%M:%S} {sentence}", flush=True)
