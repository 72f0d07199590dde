"""The drawings of the pinned report, each as a file that a browser shows on its own."""

import html
import re

FIGURE = re.compile(r"<figure>\s*<svg (?P<head>[^>]*)>(?P<body>.*?)</svg>", re.DOTALL)
LABEL = re.compile(r'aria-label="([^"]*)"')
BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
COLOURS = re.compile(r":root \{[^}]*\}")
SCALE = 2  # pixels a point
LONG = 60  # characters of a name


def figures(page: str) -> dict[str, str]:
    """Return file name -> SVG of every drawing of a page, numbered in its order; their ids and fonts are the page's."""
    colours = COLOURS.search(page)
    style = (colours[0] if colours else "") + " svg { background: var(--paper, white); font-family: sans-serif; }"
    style = style.replace("color-scheme: light dark;", "")
    found = enumerate(FIGURE.finditer(page), start=1)
    return {f"{number:02}-{_slug(match['head'])}.svg": _alone(match, style) for number, match in found}


def _alone(match: re.Match[str], style: str) -> str:
    box = BOX.search(match["head"])
    size = f' width="{float(box[1]) * SCALE:.0f}" height="{float(box[2]) * SCALE:.0f}"' if box else ""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names}{size} {match['head']}>\n<style>{style}</style>{match['body']}</svg>\n"


def _slug(head: str) -> str:
    label = LABEL.search(head)
    words = re.sub(r"[^a-z0-9]+", "-", html.unescape(label[1]).lower()).strip("-") if label else ""
    return words[:LONG] or "figure"
