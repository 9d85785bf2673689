"""Interactive pages: a template of HTML, one style and one script, filled with data as JSON.

The templates are files beside this module. A page needs no network: its policy
(``Content-Security-Policy``) forbids every request.
"""

import json
import re
from html import escape
from importlib import resources
from typing import Any

_SLOT = re.compile(r"\{\{(\w+)\}\}")


def fill_template(name: str, title: str, data: Any) -> str:
    """Returns a page: the templates ``NAME.html``, ``NAME.js`` and ``page.css`` with data.

    Args:
      name: of the templates.
      title: of the page, plain text.
      data: what `json.dumps` writes, numbers finite; the script reads it from the element "data".
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # ASCII
    slots = {
        "title": escape(title),
        "style": _read("page.css"),
        "data": text.replace("<", "\\u003c"),  # no text of the data ends the element
        "script": _read(f"{name}.js"),
    }
    return _SLOT.sub(lambda found: slots[found[1]], _read(f"{name}.html"))


def _read(name: str) -> str:
    return (resources.files(__package__) / "templates" / name).read_text("utf-8")
