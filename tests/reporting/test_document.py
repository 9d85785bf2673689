"""Blocks as Markdown and HTML: nothing that is shown is obeyed."""

import base64
import re

from leakgan_tf.reporting.best import mark_best
from leakgan_tf.reporting.document import (
    Code,
    Folded,
    Heading,
    Links,
    Listing,
    Paragraph,
    Picture,
    Table,
    to_markdown,
    without_empty,
)
from leakgan_tf.reporting.page import to_html
from leakgan_tf.reporting.tables import WIDTH, plain

BAD = '<script>"x" & `y` | z'
SAFE = "&lt;script&gt;&quot;x&quot; &amp; `y` | z"


def test_every_text_is_escaped_in_html(tmp_path):
    picture = tmp_path / "p.png"
    picture.write_bytes(b"pixels")
    blocks = [Heading(BAD, 1), Paragraph(BAD), Listing([BAD]), Table([BAD], [[BAD]]), Code(BAD),
              Picture(picture, BAD), Links([(BAD, "https://arxiv.org/?a=1&b=2")])]  # fmt: skip
    html = to_html(blocks)
    assert "<script" not in html
    for tag in ("title", "h1", "p", "li", "th", "td", "pre", "figcaption"):
        assert f"<{tag}>{SAFE}</{tag}>" in html
    assert f'alt="{SAFE}"' in html
    assert 'href="https://arxiv.org/?a=1&amp;b=2"' in html
    assert f'src="data:image/png;base64,{base64.b64encode(b"pixels").decode()}"' in html


def test_markdown_keeps_cells_and_code_apart():
    table = to_markdown([Table(["a"], [["x | y\nz"]])])
    assert table.splitlines()[2].strip("| ") == r"x \| y z"
    assert to_markdown([Paragraph("<b> *x*")]) == "\\<b\\> \\*x\\*\n"
    assert to_markdown([Code("a ``` b")]) == "````\na ``` b\n````\n"


def test_columns_of_numbers_are_aligned_to_the_right():
    cells = [["a", "1.5", "0.812 ± 0.01", "1,000", "x", ""], ["b", "", "-2e-4", "<1e-6", "2", ""]]
    html = to_html([Table(list("abcdef"), cells)])
    assert '<table class="r2 r3 r4">' in html
    assert ".r4 :is(th, td):nth-child(4) { text-align: right; }" in html


def test_the_best_figures_are_emphasized():
    table = Table(["a", "b"], [["x", "1"], ["y", "2"]], best={(1, 1)})
    assert "<td>1</td>" in to_html([table]) and "<td><b>2</b></td>" in to_html([table])
    lines = re.sub(" +", " ", to_markdown([table])).splitlines()
    assert lines[2:] == ["| x | 1 |", "| y | **2** |"]


def test_a_folded_section_is_in_both():
    block = Folded("<more>", [Paragraph("text"), Code("x")])
    folded = "<details><summary>&lt;more&gt;</summary>\n<p>text</p>\n<pre>x</pre>\n</details>"
    assert folded in to_html([block])
    assert to_markdown([block]) == "### \\<more\\>\n\ntext\n\n```\nx\n```\n"


def test_a_page_of_several_sections_lists_them():
    headings = [Heading("Page", 1), *(Heading(f"<{n}>") for n in range(4)), Heading("small", 3)]
    html = to_html(headings)
    for number in range(4):
        title = f"&lt;{number}&gt;"
        assert f'<a href="#section-{number + 1}">{title}</a>' in html
        assert f'<h2 id="section-{number + 1}">{title}</h2>' in html
    assert html.index("<h1>") < html.index("<nav>") < html.index('id="section-1"')
    assert "<nav>" not in to_html(headings[:3])


def test_the_best_is_sought_among_runs_that_compete():
    rows = [["mle", "0.5", "0.9", "10", "2.5 ± 0.1"], ["leakgan", "0.7", "0.9", "20", "3"],
            ["leakgan, published", "0.8", "0.1", "1", "1"], ["alone", "", "", "", ""]]  # fmt: skip
    table = Table(["system", "BLEU-2", "Self-BLEU-2", "minutes", "NLL_test"], rows)
    assert mark_best(table, {"mle", "leakgan", "alone"}).best == {(1, 1), (0, 2), (1, 2), (0, 4)}
    assert mark_best(table, {"mle"}).best == frozenset()
    diverged = Table(["system", "NLL"], [["a", "nan"], ["b", "2.0"], ["c", "1.0"]])
    assert mark_best(diverged, {"a", "b", "c"}).best == {(2, 1)}


def test_a_wide_table_is_printed_in_parts_that_fit():
    headers = ["run", "T", *(f"a long header, number {place}" for place in range(9))]
    rows = [["mle", "1", *map(str, range(9))], ["mle", "0.7", *map(str, range(10, 19))]]
    parts = [part.splitlines() for part in plain(headers, rows, keys=2).split("\n\n")]
    assert len(parts) > 1
    assert all(len(line) <= WIDTH for part in parts for line in part)
    assert all(part[0].startswith("run") and part[2].startswith("mle") for part in parts)
    assert [cell for part in parts for cell in part[3].split()[2:]] == rows[1][2:]
    assert {part[3].split()[1] for part in parts} == {"0.7"}
    whole = plain(headers[:4], [row[:4] for row in rows])
    assert "\n\n" not in whole and len(whole.splitlines()) == 4


def test_empty_columns_are_left_out():
    table = Table(["a", "p", "b"], [["1", "", ""], ["2", "", "3"]])
    assert without_empty(table) == Table(["a", "b"], [["1", ""], ["2", "3"]])
