"""Builds the documentation as a site with search, in site/: `python -m tools.site`. A broken link fails the build.

Zensical reads a copy of the pages and of the files that they link to, at the same paths, so that links need no change.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = ROOT / ".venv" / "tools" / "site" / "bin" / "zensical"
MISSING: Final = f"{PROGRAM} is missing. Run `make {PROGRAM.parents[1].relative_to(ROOT)}`."
PATIENCE: Final = 300  # seconds, on a busy machine

# section -> its pages in reading order, as patterns
NAVIGATION: Final[Mapping[str, Sequence[str]]] = {
    "First steps": ("README.md", "docs/first-steps.md", "docs/architecture.md", "docs/glossary.md"),
    "For producers": ("docs/producers.md", "docs/reference/events.md", "docs/reference/streams.md"),
    "For consumers": (
        "docs/reference/query.md",
        "docs/clients.md",
        "docs/exports.md",
        "docs/finance.md",
        "docs/graphql.md",
        "docs/audit.md",
        "docs/versions.md",
    ),
    "Pages": ("docs/pages.md",),
    "Operations": (
        *("docs/operations.md", "docs/OBSERVABILITY.md", "docs/dashboards.md", "docs/capacity.md"),
        *("docs/benchmarks.md", "docs/benchmarks-appendix.md", "docs/MIGRATION_PLAN.md"),
    ),
    "Runbooks": ("docs/runbooks/README.md", "docs/runbooks/*.md"),
    "Reference": ("docs/reference/*.md",),
    "Decisions": ("docs/decisions/README.md", "docs/decisions/*.md"),
    "Work on it": ("docs/contributing.md", "docs/proof.md", "CHANGELOG.md"),
}
_LINK: Final = re.compile(r"\]\(([^)#:]+)\)|(?:src|srcset)=\"([^\":]+)\"")


class SiteError(Exception):
    """The site cannot be built. Its text is for the person who builds it."""


def navigation(root: Path) -> Mapping[str, Sequence[str]]:
    """The pages of each section, each page once."""
    seen: set[str] = set()
    sections: dict[str, list[str]] = {}
    for section, patterns in NAVIGATION.items():
        found = [str(path.relative_to(root)) for each in patterns for path in sorted(root.glob(each))]
        sections[section] = [page for page in dict.fromkeys(found) if page not in seen]
        seen.update(found)
    return sections


def configuration(sections: Mapping[str, Sequence[str]]) -> str:
    """Zensical's configuration: JSON, which is YAML, too. The site loads nothing from elsewhere."""
    return json.dumps(
        {
            "site_name": "anlyt",
            "docs_dir": "pages",
            "site_dir": "site",
            "nav": [{section: list(pages)} for section, pages in sections.items() if pages],
            "theme": {
                "font": False,
                "palette": [
                    {"media": f"(prefers-color-scheme: {each})", "scheme": scheme}
                    for each, scheme in (("light", "default"), ("dark", "slate"))
                ],
            },
            "markdown_extensions": [
                "tables",
                "attr_list",
                "md_in_html",
                {"toc": {"permalink": True}},
                "pymdownx.superfences",
            ],
            "validation": {"invalid_links": True, "invalid_link_anchors": True},
        }
    )


def stage(root: Path, target: Path) -> None:
    """Copies pages, and files and folders that they link to, from a tree. A folder without a page gets a list."""
    pages = [page for pages in navigation(root).values() for page in pages]
    for each in dict.fromkeys([*pages, *_linked(root, pages)]):
        copy = target / each
        if (root / each).is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / each, copy)
        elif (root / each).is_dir() and not (root / each / "README.md").exists():
            copy.mkdir(parents=True, exist_ok=True)
            (copy / "README.md").write_text(_listing(root / each, each))


def _linked(root: Path, pages: Sequence[str]) -> Iterator[str]:
    """The paths of what pages link to, and of the files in linked folders."""
    for page in pages:
        for match in _LINK.finditer((root / page).read_text()):
            found = (root / page).parent.joinpath(match[1] or match[2]).resolve()
            if not found.is_relative_to(root):
                continue
            yield str(found.relative_to(root))
            if found.is_dir():
                yield from (str(each.relative_to(root)) for each in sorted(found.iterdir()) if each.is_file())


def _listing(folder: Path, name: str) -> str:
    files = "\n".join(f"* [{each.name}]({each.name})" for each in sorted(folder.iterdir()) if each.is_file())
    return f"# {name}\n\n{files}\n"


def build(root: Path, work: Path) -> Path:
    """Builds the site of a tree in the empty folder `work`; returns its folder. Raises SiteError with all problems."""
    if not PROGRAM.exists():
        raise SiteError(MISSING)
    stage(root, work / "pages")
    (work / "mkdocs.yml").write_text(configuration(navigation(root)))
    command = [str(PROGRAM), "build", "--strict", "--clean", "--config-file", "mkdocs.yml"]
    process = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if process.returncode:
        raise SiteError(re.sub(r"\x1b\[[0-9;]*m", "", process.stdout + process.stderr).strip())
    return work / "site"
