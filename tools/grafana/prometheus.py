"""Runs a Prometheus server."""

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
def prometheus(
    folder: Path,
    targets: Mapping[str, str],
    rules: Sequence[Mapping[str, Any]] = (),
    alertmanager: str | None = None,
    every: str = "1s",
) -> Iterator[str]:
    """Runs a Prometheus that scrapes targets, keeps their exemplars, and evaluates `rules`; yields its URL.

    `targets`: host:port by job. `alertmanager`: where alerts are sent to, as host:port.
    """
    address = f"127.0.0.1:{free_port()}"
    _write(folder / "rules.yaml", {"groups": [{"name": "anlyt", "rules": rules}]})
    _write(
        folder / "prometheus.yaml",
        {
            "global": {"scrape_interval": every, "evaluation_interval": every},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in targets.items()
            ],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []},
        },
    )
    options = {
        "config.file": "prometheus.yaml",
        "storage.tsdb.path": "data",
        "web.listen-address": address,
        "enable-feature": "exemplar-storage",
    }
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
