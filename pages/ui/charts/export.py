"""Figures to take along: as a page that works offline, and ready to be drawn as a picture."""

from __future__ import annotations

import html

import plotly.graph_objects as go

from pages.ui.charts.base import literal

INK, PAPER = "#262730", "#FFFFFF"
FONTS = "'Source Sans', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
WIDTH_PX, TITLE_PX = 900, 60


def on_paper(figure: go.Figure) -> go.Figure:
    """A copy in dark ink on white: on a page, background, fonts and grid are the theme's."""
    copy = go.Figure(figure)
    copy.update_layout(
        template="plotly_white", paper_bgcolor=PAPER, plot_bgcolor=PAPER, font={"family": FONTS, "color": INK}
    )
    return copy


def as_html(figure: go.Figure, title: str) -> str:
    """The figure as a whole page under its title, with plotly.js in it (some 4.5 MB), so that it needs no network."""
    drawn = on_paper(figure).to_html(full_html=False, include_plotlyjs=True, config={"displayModeBar": False})
    heading = html.escape(title)
    return (
        f'<!doctype html>\n<html>\n<head><meta charset="utf-8"><title>{heading}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>body {{ font-family: {FONTS}; color: {INK}; background: {PAPER}; margin: 1.5rem auto; "
        f"max-width: 1100px; padding: 0 1rem }} h1 {{ font-size: 1.3rem }}</style></head>\n"
        f"<body>\n<h1>{heading}</h1>\n{drawn}\n</body>\n</html>\n"
    )


def as_picture(figure: go.Figure, title: str) -> go.Figure:
    """The figure on paper, under its title, with the size of the picture."""
    copy = on_paper(figure)
    copy.update_layout(
        title={"text": literal(title), "x": 0, "xref": "container", "pad": {"l": 12}, "y": 0.96, "font": {"size": 18}},
        margin={"t": 90 if copy.layout.showlegend else 56, "l": 12, "r": 24, "b": 12},
        width=WIDTH_PX,
        height=(copy.layout.height or 450) + TITLE_PX,
    )
    return copy
