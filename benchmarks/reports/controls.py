"""The controls of the ablation, which show whether D's reward helps."""

from benchmarks.compare import prefix_equality
from benchmarks.reports.notes import notes
from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from leakgan_tf.reporting.document import Block, Heading, Paragraph


def control_blocks(result: Result) -> list[Block]:
    """Returns the table of controls and its notes; nothing if no control was run."""
    if not any(result.content.get("controls", {}).values()):
        return []
    same = prefix_equality.describe(result.content.get("beginnings", {}))
    return [
        Heading("Does the discriminator's reward help? Controls", 3),
        view(result, "controls"),
        Paragraph(notes("controls")[0]),
        *([Paragraph(same)] if same else ()),
    ]
