from pathlib import Path

import pytest

from tools.export import ROOT, drifted, main

NAME = Path("schema/openapi.json")


def test_generated_files_are_current() -> None:
    assert drifted(ROOT) == []


def test_an_outdated_file_is_named_and_rewritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / NAME).write_text("something else")
    capsys.readouterr()
    assert main(["--check"], tmp_path) == 1
    assert str(NAME) in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert drifted(tmp_path) == []


def test_wrong_usage(tmp_path: Path) -> None:
    assert main(["--chek"], tmp_path) == 2
