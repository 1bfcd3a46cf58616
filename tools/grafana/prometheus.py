"""Runs a Prometheus server that scrapes one target."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from infra.embedded.ports import free_port
from tools.debian import TOOLS
from tools.prometheus import MISSING


def program(name: str) -> Path:
    """The path of a program. Raises FileNotFoundError with advice if it is missing."""
    path = shutil.which(name, path=str(TOOLS)) or shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"{name} is missing; `make test` fetches it. {MISSING}")
    return Path(path)


@contextmanager
def prometheus(folder: Path, target: str, rules: Sequence[Mapping[str, Any]] = (), every: str = "1s") -> Iterator[str]:
    """Runs a Prometheus that scrapes `target` (host:port) as job anlyt and evaluates `rules`; yields its URL."""
    address = f"127.0.0.1:{free_port()}"
    _write(folder / "rules.yaml", {"groups": [{"name": "anlyt", "rules": rules}]})
    _write(
        folder / "prometheus.yaml",
        {
            "global": {"scrape_interval": every, "evaluation_interval": every},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "anlyt", "static_configs": [{"targets": [target]}]}],
        },
    )
    options = {"config.file": "prometheus.yaml", "storage.tsdb.path": "data", "web.listen-address": address}
    with (
        (folder / "prometheus.log").open("wb") as log,
        subprocess.Popen(
            [program("prometheus"), *(f"--{name}={value}" for name, value in options.items())],
            cwd=folder,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield f"http://{address}"
        finally:
            process.kill()


def _write(file: Path, content: object) -> None:
    file.write_bytes(msgspec.yaml.encode(content))
