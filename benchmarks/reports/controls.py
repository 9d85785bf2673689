"""What the controls of the ablation show: whether D's reward helps."""

from benchmarks.compare import prefix_equality
from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from leakgan_tf.reporting.document import Block, Heading, Paragraph

_NOTE = (
    "Each control against the run with D's reward and otherwise the same settings. Where nothing "
    "moves, D's score as a reward was not seen to do more than a reward without knowledge. What "
    "LeakGAN gains then comes from the leaked features and from further training. p-values are "
    "corrected by Holm's method over the rows of this table."
)


def control_blocks(result: Result) -> list[Block]:
    """Returns the table of controls, and what it says; nothing if no control was run."""
    if not any(result.content.get("controls", {}).values()):
        return []
    same = prefix_equality.describe(result.content.get("beginnings", {}))
    return [
        Heading("Does the discriminator's reward help? Controls", 3),
        view(result, "controls"),
        Paragraph(_NOTE),
        *([Paragraph(same)] if same else ()),
    ]
