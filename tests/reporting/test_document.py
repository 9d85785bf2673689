"""Blocks as Markdown and HTML: nothing that is shown is obeyed."""

import base64

from leakgan_tf.reporting.document import (
    Code,
    Heading,
    Links,
    Listing,
    Paragraph,
    Picture,
    Table,
    to_markdown,
)
from leakgan_tf.reporting.page import to_html

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
