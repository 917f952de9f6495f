"""The words of a message as HTML."""

from core.text.content import Content
from core.text.tidy import of_text
from web.html import render


def html(text: str, rich: Content | None) -> str:
    """Safe to insert into a page; empty for no words. Plain words get their links too."""
    if rich is not None:
        return render(rich)
    return render(of_text(text)) if text else ""
