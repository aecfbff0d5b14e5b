"""Drawings in notebooks: an SVG as an image, which a notebook not yet trusted shows too."""

from base64 import b64encode
from html import escape


def shown(svg: str, alt: str) -> dict[str, str]:
    """Make what a notebook shows of a drawing: the image, and the same in words.

    JupyterLab takes bare SVG out of saved outputs until the notebook is trusted; an image it keeps.

    Examples:
        >>> shown("<svg/>", "nothing")["text/html"]
        '<img alt="nothing" style="max-width:100%" src="data:image/svg+xml;base64,PHN2Zy8+">'
    """
    data = b64encode(svg.encode()).decode()
    source = f'style="max-width:100%" src="data:image/svg+xml;base64,{data}"'
    return {"text/html": f'<img alt="{escape(alt)}" {source}>', "text/plain": alt}
