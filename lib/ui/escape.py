"""What people have typed may stand in a sentence, but may not act there."""

import re
from typing import Any


def plain(text: Any) -> str:
    """Text that people have typed, safe to stand in a sentence: no Markdown, no pictures, no links."""
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~:$-])", r"\\\1", str(text))
