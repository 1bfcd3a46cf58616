"""Scripts of pages are fetched from npm completely or not at all, and only with the locked hashes."""

import gzip
import hashlib
import os
import subprocess
import sys
import tarfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import pytest

from graph.http.assets import MISSING, Package, names, packages, path_of, read_asset
from tools.assets import contents
from tools.export import ROOT


def test_every_file_was_fetched_and_has_its_type() -> None:
    for name in names():
        asset = read_asset(name)
        assert asset is not None, MISSING
        assert gzip.decompress(asset.packed)
        assert asset.media_type in {"text/javascript", "text/css", "text/plain"}
    assert read_asset("../assets.json") is None


def test_each_package_comes_with_its_license() -> None:
    assert all("LICENSE" in package.files for package in packages().values())


def test_no_file_of_others_is_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    assert not {str(path_of(name).relative_to(ROOT)) for name in names()} & set(tracked)
    assert not [name for name in tracked if name.endswith((".gz", ".min.js", ".min.css"))]


def _tarball(folder: Path, content: bytes) -> str:
    """Writes a package; returns its hash."""
    with tarfile.open(folder / "some-thing-1.0.0.tgz", "w:gz") as packed:
        member = tarfile.TarInfo("package/dist/thing.js")
        member.size = len(content)
        packed.addfile(member, BytesIO(content))
    return b64encode(hashlib.sha512((folder / "some-thing-1.0.0.tgz").read_bytes()).digest()).decode()


def test_a_package_is_compared_with_its_hash(tmp_path: Path) -> None:
    files = {"dist/thing.js": "thing.js"}
    digest = _tarball(tmp_path, b"let thing")
    right = Package("1.0.0", f"sha512-{digest}", files)
    assert contents(tmp_path, "@some/thing", right) == {"thing.js": b"let thing"}
    _tarball(tmp_path, b"let other")
    with pytest.raises(ValueError, match=r"^@some/thing 1\.0\.0 is not the package that"):
        contents(tmp_path, "@some/thing", right)


def test_without_npm_no_file_changes_and_one_sentence_reports_it() -> None:
    before = {name: path_of(name).stat().st_mtime_ns for name in names()}
    without_npm = {**os.environ, "npm_config_registry": "http://127.0.0.1:1", "npm_config_cache": os.devnull}
    command = [sys.executable, "-m", "tools.assets"]
    process = subprocess.run(
        command, cwd=ROOT, env=without_npm, capture_output=True, text=True, timeout=100, check=False
    )
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith("Scripts of pages could not be fetched from npm;")
    assert "Traceback" not in process.stderr
    assert {name: path_of(name).stat().st_mtime_ns for name in names()} == before
