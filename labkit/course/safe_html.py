"""Student's Markdown and outputs as HTML that runs nothing and fetches nothing."""

import re
from html import escape
from typing import Any

_TAGS = frozenset(
    "a abbr b blockquote br caption code dd del dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p "
    "pre s samp small span strong sub sup table tbody td tfoot th thead tr u ul var".split()
)
_DATA_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z")
_DROPPED = re.compile(r"<(script|style|title|noscript|template)\b.*?(</\1\s*>|\Z)", re.I | re.S)
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ATTACHED = re.compile(r"!\[([^\]]*)\]\(attachment:([^)\s]+)\)")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def markdown_html(source: str, attachments: dict[str, Any] | None = None) -> str:
    """Turn Markdown into safe HTML; headings sink three steps below the page's own.

    Examples:
        >>> print(markdown_html("# Svar <script>x</script> og **mer**").strip())
        <h4>Svar &lt;script&gt;x&lt;/script&gt; og <strong>mer</strong></h4>
    """
    import mistune

    def attached(found: re.Match[str]) -> str:
        picture = (attachments or {}).get(found[2])
        for kind in _PICTURES:
            data = picture.get(kind) if isinstance(picture, dict) else None
            if isinstance(data, str):
                return f"![{found[1]}](data:{kind};base64,{''.join(data.split())})"
        return found[1]

    render = mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])
    return clean_html(str(render(_ATTACHED.sub(attached, source))))


def clean_html(text: str) -> str:
    """Keep of some HTML what shows text, tables, links and pictures that lie in the page itself.

    Examples:
        >>> clean_html('<b onclick="x()">A</b><style>b {}</style><img src="http://x/y.png">')
        '<b>A</b><img>'
    """
    import bleach

    def allowed(tag: str, name: str, value: str) -> bool:
        if tag == "img":
            return name == "alt" or (name == "src" and bool(_DATA_IMAGE.match(value)))
        if tag == "a":
            return name == "href" and value.startswith(("http://", "https://", "mailto:"))
        return tag in ("td", "th") and name in ("colspan", "rowspan") and value.isdecimal()

    kept = bleach.clean(
        _DROPPED.sub("", readable(text)),
        tags=_TAGS,
        attributes=allowed,
        protocols=["http", "https", "mailto", "data"],
        strip=True,
        strip_comments=True,
    )
    return re.sub(r"(</?h)([1-6])\b", lambda h: f"{h[1]}{min(6, int(h[2]) + 3)}", kept)


def output_html(output: Any, alt: str) -> str:
    """Turn one output of a cell into safe HTML; nothing if it holds nothing that can be shown.

    Args:
        output: As in the notebook, which may hold anything.
        alt: What a picture is, for those who do not see it.
    """
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") == "stream":
        return _pre(_joined(output.get("text")))
    if output.get("output_type") == "error":
        return _pre(f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}")
    data = output.get("data")
    if not isinstance(data, dict):
        return ""
    for kind in _PICTURES:
        source = f"data:{kind};base64,{''.join(_joined(data.get(kind)).split())}"
        if kind in data and _DATA_IMAGE.match(source):
            return _picture(source, alt)
    if "image/svg+xml" in data:  # a picture in an img can run nothing, and fetches nothing
        from base64 import b64encode

        raw = b64encode(_joined(data["image/svg+xml"]).encode("utf-8", "replace")).decode()
        return _picture(f"data:image/svg+xml;base64,{raw}", alt)
    if "text/html" in data:
        return f'<div class="output">{clean_html(_joined(data["text/html"]))}</div>'
    if "text/markdown" in data:
        return f'<div class="output">{markdown_html(_joined(data["text/markdown"]))}</div>'
    return _pre(_joined(data.get("text/plain")))


def readable(text: str) -> str:
    """Take out what no page can show: control characters, half characters, colour codes."""
    text = _CONTROL.sub("", _ANSI.sub("", text))
    return text.encode("utf-8", "replace").decode()


def _picture(source: str, alt: str) -> str:
    return (
        f'<figure><img src="{source}" alt="{escape(alt, quote=True)}">'
        f"<figcaption>{escape(alt)}</figcaption></figure>"
    )


def _pre(text: str) -> str:
    text = readable(text).rstrip()
    return f"<pre>{escape(text)}</pre>" if text else ""


def _joined(raw: Any) -> str:
    if isinstance(raw, list):
        return "".join(part for part in raw if isinstance(part, str))
    return raw if isinstance(raw, str) else ""
