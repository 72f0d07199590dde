"""Figures of the report as standalone files."""

from xml.etree import ElementTree as ET

from lockstep.pipeline.track.files import figures

PAGE = """<style>:root { color-scheme: light dark; --paper: #fff; --ink: #000; }</style>
<figure><svg viewBox="0 0 100.5 50" role="img" aria-label="../../ROC &lt;script&gt; of a &amp; b">
<g><path d="M 0 0"/></g></svg></figure>
<svg viewBox="0 0 1 1"></svg>
<figure><svg viewBox="0 0 10 10" role="img" aria-label=""><g/></svg></figure>"""


def test_each_figure_is_an_svg_with_its_size_and_the_pages_colours() -> None:
    found = figures(PAGE)
    assert list(found) == ["01-roc-script-of-a-b.svg", "02-figure.svg"]
    root = ET.fromstring(found["01-roc-script-of-a-b.svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == ("201", "100")
    assert "--ink: #000" in "".join(root.itertext())


def test_a_page_without_figures_has_none() -> None:
    assert figures("<p>nothing</p>") == {}
