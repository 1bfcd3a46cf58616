"""Imports structlog without rich, which it would use for tracebacks that show variables; ours never do.

structlog imports rich wherever it is installed, and that takes as long as half of a small run of a pipeline.
"""

import sys

_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]  # Python's own mark of a module that cannot be imported
try:
    import structlog
    from structlog.dev import ConsoleRenderer, plain_traceback
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger
finally:
    if _rich is None:
        del sys.modules["rich"]
    else:
        sys.modules["rich"] = _rich

__all__ = [
    "ConsoleRenderer",
    "EventDict",
    "FilteringBoundLogger",
    "Processor",
    "WrappedLogger",
    "plain_traceback",
    "structlog",
]
