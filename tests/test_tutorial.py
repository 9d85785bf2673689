"""The tutorial's cells run, in order, and show what its text promises."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.ci
@pytest.mark.filterwarnings("default")  # of Jupyter's packages, in this process
def test_the_tutorial_runs(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))  # no kernels of the user's own
    notebook = nbformat.read(ROOT / "docs" / "tutorial.ipynb", as_version=4)
    names = [cell.source.split(" = ")[0] for cell in notebook.cells]
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()  # raises what a cell raises
    shown = {
        name: [output for output in cell.outputs if output.output_type != "stream"]
        for name, cell in zip(names, notebook.cells, strict=True)
        if cell.cell_type == "code"
    }
    (sentences,) = [value for name, value in shown.items() if name.startswith("mle.generate")]
    assert sentences[0].data["text/plain"].count("'a man ") == 5
    assert "image/png" in notebook.cells[-2].outputs[-1].data
    assert (tmp_path / "tutorial" / "leakgan" / "measured.json").exists()
