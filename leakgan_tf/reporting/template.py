"""Interactive pages: an HTML template, filled with a style sheet, a script and JSON data.

The templates are in the folder ``templates``. A page needs no network: its
``Content-Security-Policy`` forbids every request.
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
      name: name of the templates.
      title: title of the page, plain text.
      data: value for `json.dumps` with finite numbers; the script reads it from the element "data".
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # ASCII
    slots = {
        "title": escape(title),
        "style": _read("page.css"),
        "data": text.replace("<", "\\u003c"),  # text in the data cannot end the element
        "script": _read(f"{name}.js"),
    }
    return _SLOT.sub(lambda found: slots[found[1]], _read(f"{name}.html"))


def _read(name: str) -> str:
    return (resources.files(__package__) / "templates" / name).read_text("utf-8")
