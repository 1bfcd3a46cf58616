"""The documentation becomes a site: every page is in its navigation, every link leads somewhere, nothing is foreign."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from tools.site import ROOT, SiteError, build, navigation


class Html(HTMLParser):
    """What a page points to, what it loads, and the ids that it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids = {""}
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self.loaded += [found[name] for name in ("src", "srcset") if name in found]
        if tag == "link" and found.get("rel") != "canonical":
            self.loaded.append(found.get("href", ""))


@cache
def read(path: Path) -> Html:
    return Html(path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("site"))


def pages(site: Path) -> list[Path]:
    return [each for each in site.rglob("*.html") if each.name != "404.html"]


def broken(page: Path, targets: Sequence[str]) -> Iterator[str]:
    """The targets that lead nowhere."""
    for target in targets:
        path, anchor = urldefrag(target)
        found = page.parent.joinpath(unquote(path)).resolve() if path else page
        found = found / "index.html" if found.is_dir() else found
        if not found.is_file() or (anchor and found.suffix == ".html" and unquote(anchor) not in read(found).ids):
            yield f"{page}: {target}"


def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    found = [(page, [each for each in read(page).links if "://" not in each]) for page in pages(site)]
    assert len(found) > 80
    assert [each for page, targets in found for each in broken(page, targets)] == []


def test_it_loads_nothing_from_elsewhere(site: Path) -> None:
    loaded = [(page, read(page).loaded) for page in pages(site)]
    assert [each for _, targets in loaded for each in targets if "//" in each] == []
    assert [each for page, targets in loaded for each in broken(page, targets)] == []


def test_its_search_knows_every_section(site: Path) -> None:
    text = json.dumps(json.loads((site / "search.json").read_text()))
    for words in ("Semantic versioning", "dead letter", "rollup", "ANLYT_POSTGRES_DSN", "sms.billed.v1"):
        assert words in text


def test_every_page_is_in_the_navigation_once() -> None:
    listed = [page for pages in navigation(ROOT).values() for page in pages]
    assert len(set(listed)) == len(listed)
    assert {str(each.relative_to(ROOT)) for each in ROOT.glob("docs/**/*.md")} <= set(listed)
    assert all(navigation(ROOT).values())


@pytest.mark.parametrize(
    ("link", "reason"), [("nothing.md", "page does not exist"), ("CHANGELOG.md#none", "anchor does not exist")]
)
def test_a_broken_link_fails(tmp_path: Path, link: str, reason: str) -> None:
    root, work = tmp_path / "tree", tmp_path / "work"
    root.mkdir()
    work.mkdir()
    (root / "README.md").write_text(f"# Title\n\n[link]({link})\n")
    (root / "CHANGELOG.md").write_text("# Changes\n")
    with pytest.raises(SiteError, match=reason):
        build(root, work)
