"""A review as a Markdown renderer parses it: its texts and its markup."""

from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt

UNSEEN = "\u200b"
MADE = {"p", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td", "code", "strong", "details", "summary"}
"""Elements that a review is made of."""


class Page(HTMLParser):
    """Elements, attributes, comments and texts of an HTML page."""

    def __init__(self, html: Any) -> None:
        super().__init__(convert_charrefs=True)
        self.elements, self.attributes, self.comments = set(), [], []
        self.text, self.cells, self._open = "", [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        self.elements.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        if {"td", "th"} & set(self._open):
            self.cells[-1] += data


def rendered(markdown: str) -> "Page":
    """Return what a reader of the Markdown sees."""
    return Page(MarkdownIt("commonmark").enable("table").render(markdown))


def seen(text: str) -> str:
    """Return a text without what is not seen: the mark that tears mentions apart, the number of spaces."""
    return " ".join(text.replace(UNSEEN, "").split())
