"""The rendered charts, checked by checkov. `infra/checkov.yaml` lists the checks that do not apply, with reasons."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from tests.support.charts import CLICKHOUSE, SERVICE
from tools.deployment import program
from tools.export import ROOT

DIGEST: Final = {"image": {"digest": "sha256:" + "0" * 64}}


def test_only_declared_exceptions(tmp_path: Path) -> None:
    """Equal sets: no other check fails, and no exception is needless."""
    for chart in (SERVICE, CLICKHOUSE):
        folder = tmp_path / Path(chart.folder).name
        folder.mkdir()
        for number, manifest in enumerate(chart.manifests(**DIGEST)):
            (folder / f"{number}.json").write_text(json.dumps(manifest))
    options = ("--framework", "kubernetes", "--output", "json", "--compact", "--quiet", "--skip-download")
    environment = {"PATH": os.defpath, "HOME": str(tmp_path)}
    run = subprocess.run(
        [program("checkov"), "--directory", tmp_path, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment,
    )
    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    assert report["summary"]["passed"] > 1000
    failed = {each["check_id"] for each in report["results"]["failed_checks"]}
    declared = msgspec.yaml.decode((ROOT / "infra/checkov.yaml").read_bytes())["skip-check"]
    assert failed == set(declared)
    assert len(declared) == len(set(declared))
