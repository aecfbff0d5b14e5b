"""The portfolio holds texts and chosen cells, shows them as they are, and runs nothing of them."""

import base64
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.course.portfolio import make_portfolio
from labkit.course.safe_html import clean_html, markdown_html, output_html
from labkit.errors import InputError

PNG = base64.b64encode(b"\x89PNG not really").decode()
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe src='http://evil.example'></iframe>",
    "<svg><script>alert(1)</script></svg>",
    "<style>@import url(http://evil.example/x.css)</style>",
    "<link rel=stylesheet href=http://evil.example>",
    "<b style='background:url(http://evil.example)'>x</b>",
    "<img src=http://evil.example/pixel.png>",
    '<img src="data:text/html;base64,PHNjcmlwdD4=">',
    "<scr<script>ipt>alert(1)</script>",
    "</body></html><meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<form action=http://evil.example><input name=a></form>",
    "![x](http://evil.example/a.png) [y](javascript:alert(1)) ![z](data:text/html,x)",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]


FORBIDDEN = "script iframe object embed link meta form input svg base style math noscript"


class Page(HTMLParser):
    """What a browser would make of a page: tags, and attributes with what they point to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def assert_harmless(html):
    page = Page(html)
    assert not set(FORBIDDEN.split()) & set(page.tags)
    for tag, name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "srcset", "id", "name")
        if name == "src":
            assert value.startswith("data:image/")
        if name == "href":
            assert value.startswith(("http://", "https://", "mailto:", "#"))
            assert tag == "a"


def code(source, cell_id="a", outputs=(), tags=()):
    return {"cell_type": "code", "id": cell_id, "source": source, "outputs": list(outputs),
            "metadata": {"tags": list(tags)}, "execution_count": None}  # fmt: skip


def prose(source, tags=(), **more):
    made = {"cell_type": "markdown", "id": "p", "source": source, "metadata": {"tags": list(tags)}}
    return made | more


def write(folder, name, cells):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}), encoding="utf-8")


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "lab"
    (folder / ".labkit").mkdir(parents=True)
    picture = {"output_type": "display_data", "data": {"image/png": PNG, "text/plain": "<Figure>"}}
    html = "<style>td {}</style><table><tr><td colspan=2>12</td></tr></table>"
    table = {"output_type": "execute_result", "data": {"text/html": html, "text/plain": "12"}}
    answer = f'answer = """\nEn **god** bruk er kvalitetsregistre.\n\n{HOSTILE[0]}"""'
    attached = {"a.png": {"image/png": PNG}}
    write(folder, "oppgaver/01_health_data.ipynb", [
        prose("## 1.7 Sekundærbruk (3 poeng)\nGi to eksempler."),
        code(answer, "task-1-7"),
        code('check.text("1.7", answer)', "check-1-7"),
        prose("## 1.8 Mer (3 poeng)"),
        code("# Skriv svaret ditt her\nanswer = None"),
        code('check.text("1.8", answer)'),
    ])  # fmt: skip
    write(folder, "oppgaver/10_analysis.ipynb", [
        code("ax.plot()", outputs=[picture], tags=["portfolio"]),
        code("secret = 'not shown'", outputs=[table], tags=["portfolio-output"]),
        code("not_chosen = 1", outputs=[picture]),
        code("1/0", outputs=[{"output_type": "error", "ename": "<b>E</b>", "evalue": "\x1b[31mx"}],
             tags=["portfolio"]),
    ])  # fmt: skip
    write(folder, "egne/notater.ipynb", [
        prose("Se ![figur](attachment:a.png)", ["portfolio"], attachments=attached)
    ])  # fmt: skip
    write(
        folder, ".ipynb_checkpoints/01_health_data-checkpoint.ipynb", [prose("old", ["portfolio"])]
    )
    (folder / "broken.ipynb").write_text('{"cells": [')
    return folder


def test_texts_and_chosen_cells_come_in_the_order_of_the_course(lab):
    path = make_portfolio(lab, name="Kari & Ola")
    assert path == lab / "mappe.html"
    text = path.read_text(encoding="utf-8")
    order = ["Mappe", "Kari &amp; Ola", "Innhold", "1.7 Sekundærbruk", "<strong>god</strong>",
             "Ikke skrevet ennå.", "ax.plot()", f"data:image/png;base64,{PNG}",
             "Figur 1 fra 10_analysis",
             '<td colspan="2">12</td>', "&lt;b&gt;E&lt;/b&gt;: x", "Egne notatbøker"]  # fmt: skip
    rest = text[text.index("<body>") :]
    for piece in order[:3]:
        assert piece in rest
    rest = rest[rest.index("<section") :]
    places = [rest.index(piece) for piece in order[3:]]
    assert places == sorted(places)
    for absent in ("not_chosen", "secret", "td {}", "old"):
        assert absent not in rest
    assert rest.count("Fra 10_analysis.ipynb") == 1  # once for cells that follow each other
    assert text.count(PNG) == 2  # the chosen figure and the attachment


def test_every_link_of_the_contents_has_its_place(lab):
    page = Page(make_portfolio(lab).read_text(encoding="utf-8"))
    links = [v[1:] for _, name, v in page.attributes if name == "href" and v.startswith("#")]
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(links) == 5  # three modules, two texts
    assert set(links) <= set(ids)
    assert len(ids) == len(set(ids))


def test_english_and_a_file_of_ones_own_choice(lab, tmp_path):
    path = make_portfolio(lab, tmp_path / "out" / "mine.html", lang="en")
    text = path.read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert "Learning outcomes: K1" in text
    assert "Not written yet." in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_html_is_made_harmless_wherever_it_comes(hostile):
    assert_harmless(clean_html(hostile))
    assert_harmless(markdown_html(hostile))
    outputs = [
        {"output_type": "stream", "text": hostile},
        {"output_type": "error", "ename": hostile, "evalue": hostile},
        *({"output_type": "display_data", "data": {kind: hostile}}
          for kind in ("text/html", "text/markdown", "text/plain", "image/png", "image/svg+xml")),
    ]  # fmt: skip
    for output in outputs:
        assert_harmless(output_html(output, hostile))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*HOSTILE, "<", ">", '"', "'", "`", "\n", "a", "]", "(", "&lt;"]),
                max_size=6).map("".join))  # fmt: skip
def test_hostile_pieces_put_together_are_harmless(text):
    assert_harmless(clean_html(text))
    assert_harmless(markdown_html(text))


def test_the_page_itself_forbids_scripts_and_fetching(lab):
    text = make_portfolio(lab, name=HOSTILE[0]).read_text(encoding="utf-8")
    page = Page(text)
    assert "default-src 'none'; img-src data:" in text
    assert "script" not in page.tags
    assert not [v for _, n, v in page.attributes if n in ("src", "href") and "http" in v]


@pytest.mark.parametrize("output", [None, 3, {}, {"output_type": "display_data", "data": 3},
                                    {"output_type": "display_data", "data": {"image/png": "<>"}},
                                    {"output_type": "stream", "text": {"a": 1}}])  # fmt: skip
def test_strange_outputs_show_nothing(output):
    assert output_html(output, "x") == ""


def test_nothing_to_gather_is_said_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match="ingen labmappe"):
        make_portfolio(tmp_path)
    (tmp_path / ".labkit").mkdir()
    with pytest.raises(InputError, match="portfolio-output"):
        make_portfolio(tmp_path)
    assert not list(tmp_path.glob("*.html"))
