"""MkDocs hooks of the documentation site: the tutorial as a page, and local copies of scripts.

`make docs` uses them (`hooks` in mkdocs.yml).
"""

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url
from nbconvert import MarkdownExporter

TUTORIAL = "docs/tutorial.ipynb"
CACHE = Path(__file__).parent.parent / "build" / "npm"


class Script(NamedTuple):
    """A file of an npm package that the theme would load from unpkg.com."""

    package: str
    member: str
    sha256: str


MERMAID, WORKER = "assets/javascripts/mermaid.js", "assets/javascripts/iframe-worker.js"
SCRIPTS = {
    MERMAID: Script(  # diagrams
        "@mermaid-js/tiny@11.17.2",
        "package/dist/mermaid.tiny.js",
        "7a644017d37f93c8359790884e6b67fb1f747c78eb20475952404bd87190a3f8",
    ),
    WORKER: Script(  # the search, on pages opened from disk
        "iframe-worker@1.0.4",
        "package/shim/index.js",
        "e8e412dbcfea9b7e31b5ffa288d7b6035915e714c542f4176a0cdbe262fc9609",
    ),
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the tutorial's page and pictures, and the scripts."""
    notebook = files.get_file_from_path(TUTORIAL)
    assert notebook is not None
    markdown, pictures = notebook_page(Path(notebook.abs_src_path or ""))
    page = notebook.src_uri.replace(".ipynb", ".md")
    files.append(File.generated(config, page, content=markdown))
    for name, picture in pictures.items():
        files.append(File.generated(config, f"docs/{name}", content=picture))
    for place, script in SCRIPTS.items():
        files.append(File.generated(config, place, content=script_content(script)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replaces links to the notebook by links to its page; GitHub renders the notebook itself."""
    return re.sub(r"\]\(((?:docs/)?tutorial)\.ipynb\)", r"](\1.md)", markdown)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Loads Mermaid before the theme's own script, on pages with a diagram.

    Raises:
      PluginError: the page loads a file from another host, or lacks the script of the theme.
    """
    if loaded := re.search(r'<(?:script|link|img|iframe)[^>]*="(https?:[^"]*)"', output):
        raise PluginError(f"{page.file.src_uri} loads {loaded[1]}: the site must work offline")
    if '<pre class="mermaid">' not in output:
        return output
    script = f'<script src="{get_relative_url(MERMAID, page.url)}"></script>'
    before, theme, after = output.partition('<script id="__config"')
    if not theme:
        raise PluginError(f"{page.file.src_uri}: no script of the theme to load Mermaid before")
    return before + script + theme + after


def notebook_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """Returns a notebook with its last outputs as Markdown, and {name: picture}."""
    markdown, resources = MarkdownExporter().from_notebook_node(nbformat.read(path, as_version=4))
    return re.sub(r"\n{3,}", "\n\n", markdown), resources.get("outputs", {})


def script_content(script: Script) -> bytes:
    """Returns a script; `npm pack` downloads it once, into build/npm/.

    Raises:
      PluginError: npm is missing or failed, or the script is not the expected one.
    """
    path = CACHE / f"{script.sha256}.js"
    if path.exists():
        return path.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        content = _download(script, Path(folder))
    if hashlib.sha256(content).hexdigest() != script.sha256:
        raise PluginError(f"{script.package}: {script.member} has another SHA-256 than expected")
    CACHE.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return content


def _download(script: Script, folder: Path) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise PluginError(f"npm is needed to get {script.package}: install Node.js")
    command = [npm, "pack", "--silent", script.package]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        raise PluginError(f"{' '.join(command)}: {result.stderr.strip() or 'failed'}")
    with tarfile.open(folder / result.stdout.split()[-1]) as package:
        member = package.extractfile(script.member)
        assert member is not None
        return member.read()
