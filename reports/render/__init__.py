"""One module per output format: a `Document` in, text out."""

from reports.render.files import RENDERERS, render

__all__ = ["RENDERERS", "render"]
