"""The documentation matches the code and the tree."""

import re
import subprocess
from pathlib import Path

import pytest

from tools.export import ROOT, drifted

PAGES = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_files_made_from_code_match_it() -> None:
    assert drifted(ROOT) == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert (ROOT / page.parent / target).exists(), target


def test_the_files_that_the_architecture_names_exist() -> None:
    """A name may leave out the folders that its text is about; capitals are a placeholder."""
    page = (ROOT / "docs/architecture.md").read_text()
    names = re.findall(r"`([a-z_./]+(?:/|\.(?:py|sql|yaml)))`", page)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = [f"/{path}\n" for path in listed]
    assert len(names) > 50
    missing = [name for name in names if not any(f"/{name}" + "\n" * (name[-1] != "/") in path for path in files)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_settings_and_verbs_that_are_named_exist(page: Path) -> None:
    text = (ROOT / page).read_text()
    settings = (ROOT / "docs/reference/settings.md").read_text()
    for name in re.findall(r"ANLYT_[A-Z_]+[A-Z]", text):
        assert f"`{name.removesuffix('_FILE')}`" in settings or name in {"ANLYT_DEADLETTER"}, name
    verbs = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for verb in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert verb in verbs


def test_every_package_is_in_the_architecture() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    listed = subprocess.run(["git", "ls-files", "*/__init__.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    packages = {name.split("/")[0] for name in listed.stdout.split()} - {"tests"}
    assert {package for package in packages if f"`{package}/`" not in page} == set()
