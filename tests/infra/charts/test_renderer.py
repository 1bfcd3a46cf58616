"""tools/gotmpl, where it has to be like Helm, and how it is built."""

import json
import subprocess
from pathlib import Path

import pytest

from tools.renderer import PROGRAM, SOURCE, build

CHART = {"Chart.yaml": "name: tried\nappVersion: '1'\n", "values.yaml": "count: 3\nmany: 1000000\nkept: {a: 1, b: 2}\n"}


def rendered(folder: Path, template: str, **values: object) -> "subprocess.CompletedProcess[str]":
    (folder / "templates").mkdir()
    for name, text in {**CHART, "templates/one.yaml": template, "over.yaml": json.dumps(values)}.items():
        (folder / name).write_text(text)
    command = [str(PROGRAM), str(folder), "anlyt", "test", f"{folder}/over.yaml"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ .Values.count }} {{ .Release.Name }} {{ .Release.Namespace }} {{ .Chart.Name }}", "3 anlyt test tried"),
        # The trap of every chart: numbers are floats.
        ("{{ .Values.many }} {{ .Values.many | int64 }} {{ .Values.many | toJson }}", "1e+06 1000000 1000000"),
        ("{{ .Values.many | toYaml }}", "1000000"),
        ("{{ .Values.kept | toYaml }}", "b: 2\nc: 3"),
        ("{{ .Values.absent }}there", "there"),
        ('{{ tpl "{{ .Values.count }}" . }} {{ .Files.Get "Chart.yaml" | fromYaml | toJson }}', '3 {"appVersion":"1"'),
    ],
)
def test_what_is_offered_means_what_it_means_in_helm(tmp_path: Path, template: str, text: str) -> None:
    found = rendered(tmp_path, template, kept={"a": None, "c": 3})
    assert found.returncode == 0, found.stderr
    assert found.stdout.partition("one.yaml\n")[2].startswith(text)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ .Values.count | lookup }}", 'function "lookup" not defined'),
        ("{{ env `HOME` }}", 'function "env" not defined'),
        ("{{ required `who it is` .Values.absent }}", "who it is"),
        ("{{ fail `never` }}", "never"),
        ("{{ include `absent` . }}", 'no template "absent"'),
    ],
)
def test_what_is_not_offered_fails(tmp_path: Path, template: str, reason: str) -> None:
    found = rendered(tmp_path, template)
    assert found.returncode == 1
    assert found.stdout == ""
    assert reason in found.stderr


def test_it_is_built_of_the_source_that_is_here() -> None:
    assert PROGRAM.with_suffix(".go").read_bytes() == SOURCE.read_bytes()


def test_it_is_built_again_only_for_another_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # neither Go nor apt
    program = tmp_path / "gotmpl"
    program.write_bytes(b"built")
    program.with_suffix(".go").write_bytes(SOURCE.read_bytes())
    build(program)
    assert program.read_bytes() == b"built"
    program.with_suffix(".go").write_text("package other")
    with pytest.raises(OSError, match="apt-get"):
        build(program)
