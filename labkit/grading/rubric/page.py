"""The pages that texts are marked on. What students wrote is shown as text and nothing else."""

from html import escape

from labkit.grading.rubric import TOGETHER, Agreement, rubric_of
from labkit.grading.rubric.desk import MOST_COMMENT, Desk, Text, model_answer
from labkit.messages import Language, language, say

_STYLE = """
:root { color-scheme: light; --edge: #d9dfe2; --soft: #56636b; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; color: #1d2529; background: #fff;
  max-width: 76rem; margin: 1.2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.35rem; margin: 0; } h2 { font-size: 1.02rem; margin: 1.1rem 0 .3rem; }
nav { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: baseline;
  border-bottom: 1px solid var(--edge); padding-bottom: .6rem; margin-bottom: 1rem; }
nav .push { margin-left: auto; } .soft, .keys { color: var(--soft); font-size: .92rem; }
.turn { display: flex; gap: 1.2rem; margin: 0 0 .6rem; }
main { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 2rem; }
@media (max-width: 56rem) { main { grid-template-columns: minmax(0, 1fr); } }
.text, .model { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
.text { border: 1px solid var(--edge); border-left: 5px solid #0072B2; border-radius: 6px;
  padding: .9rem 1.1rem; font: 1.06rem/1.6 Georgia, "Times New Roman", serif; }
details { border: 1px solid var(--edge); border-radius: 6px;
  padding: .5rem .9rem; margin-top: .9rem; }
summary { cursor: pointer; font-weight: 600; }
button { font: inherit; text-align: left; width: 100%; padding: .55rem .8rem; margin: .25rem 0;
  border: 1px solid #8a979e; border-radius: 6px; background: #fff; cursor: pointer; }
button:hover, button:focus-visible { border-color: #0072B2; outline: 2px solid #0072B2; }
button.given { background: #e7f1f8; border-color: #0072B2; }
kbd { border: 1px solid #8a979e; border-bottom-width: 2px; border-radius: 4px; padding: 0 .4rem;
  font: .9rem ui-monospace, monospace; background: #f6f8f9; margin-right: .5rem; }
textarea { font: inherit; width: 100%; min-height: 5rem; padding: .5rem .7rem; border-radius: 6px;
  border: 1px solid #8a979e; }
.note { background: #fdf6ea; border-left: 4px solid #b26a00; padding: .5rem .9rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .8rem
  .35rem 0; border-bottom: 1px solid var(--edge); }
"""
# Digits give a level, arrows or j and k turn it, c writes a comment, Esc leaves it, e settles.
# A level is sent from the page: where it cannot be stored, what was typed is still there. A comment
# that is changed under a level already given is sent when the box is left. One after the other, so
# that what was done last is what stays.
SCRIPT = """
(function () {
  var form = document.getElementById('form'), box = document.getElementById('comment');
  if (!form || !window.fetch) return;
  var failed = document.getElementById('failed'), stored = false, sent = Promise.resolve();
  function send(level, done) {
    var body = new URLSearchParams(new FormData(form)), said = box.value;
    body.append('level', level);
    sent = sent.then(function () {
      return fetch(form.action, {method: 'POST', body: body});
    }).then(function (answer) {
      if (!answer.ok) return answer.text().then(function (said) { throw new Error(said); });
      box.defaultValue = said;
      failed.hidden = true;
      if (done) done(answer);
    }).catch(function (error) {
      failed.textContent = error instanceof TypeError ? failed.dataset.gone : error.message;
      failed.hidden = false;
    });
  }
  form.addEventListener('submit', function (event) {
    event.preventDefault();
    send(event.submitter.value, function (answer) {
      stored = true;
      location.assign(answer.url);
    });
  });
  box.addEventListener('change', function () {
    var together = document.getElementById('together');
    if (form.dataset.mine && !(together && together.checked)) send(form.dataset.mine);
  });
  window.addEventListener('beforeunload', function (event) {
    if (!stored && box.value !== box.defaultValue) event.preventDefault();
  });
})();
document.addEventListener('keydown', function (event) {
  var box = document.getElementById('comment');
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.activeElement === box) {
    if (event.key === 'Escape') { box.blur(); event.preventDefault(); }
    return;
  }
  var target = null;
  if (/^[0-9]$/.test(event.key)) target = document.getElementById('level-' + event.key);
  if (event.key === 'ArrowRight' || event.key === 'j') target = document.getElementById('next');
  if (event.key === 'ArrowLeft' || event.key === 'k') target = document.getElementById('previous');
  if (event.key === 'e') target = document.getElementById('together');
  if (event.key === 'd') target = document.getElementById('differ');
  if (event.key === 'c' && box) { box.focus(); event.preventDefault(); }
  if (target) { target.click(); event.preventDefault(); }
});
"""


def text_page(desk: Desk, text: Text, *, token: str, nonce: str) -> str:
    """Return the page of one text: the task, what was written, the rubric, a comment."""
    lang, place = language(), desk.texts.index(text)
    found, own = desk.agreements(), desk.own(text)
    mine = own.level if own else None
    agreed = found[text.id]
    before, after = desk.texts[place - 1], desk.texts[(place + 1) % len(desk.texts)]
    links = (
        f'<p class="turn"><a id="previous" href="/text/{before.id}" rel="prev">'
        f"← {say('rubric.previous', lang)}</a>"
        f'<a id="next" href="/text/{after.id}" rel="next">{say("rubric.next", lang)} →</a></p>'
    )
    who = f" · {escape(text.student)}" if desk.names else ""
    title = say("rubric.text_of", lang, number=place + 1, total=len(desk.texts), task=text.task.id)
    words = say("rubric.words", lang, count=len(text.text.split()))
    main = (
        f"<main><div><h1>{title}{who}</h1>"
        f'<p class="soft">{words}{_chosen(text, lang)}</p>'
        f'<div class="text" id="text" dir="auto" lang="{text.lang}">{escape(text.text)}</div>'
        f"<details open><summary>{say('rubric.statement', lang)}</summary>"
        f'<div class="model" lang="{text.lang}">{escape(_plain(text.task.statement, text.lang))}'
        f"</div></details><details><summary>{say('rubric.model', lang)}</summary>"
        f'<div class="model">{escape(model_answer(text.task))}</div></details></div>'
        f"<div>{_others(desk, agreed, mine, lang)}{_form(text, desk, mine, token, agreed, lang)}"
        f'<p class="keys">{say("rubric.keys", lang)}</p></div></main>'
    )
    return _page(desk, links + main, found, lang, nonce)


def differ_page(desk: Desk, *, nonce: str) -> str:
    """Return the list of texts on which markers differ."""
    lang, found = language(), desk.agreements()
    lines = [
        f'<tr><td><a href="/text/{text.id}">{say("rubric.task_text", lang, task=text.task.id)} '
        f"{text.id[:6]}</a></td><td>{escape(_given(found[text.id]))}</td></tr>"
        for text in desk.texts
        if found[text.id].differs and desk.marker in found[text.id].given
    ]
    body = f"<h1>{say('rubric.differ', lang)}</h1><p>{say('rubric.differ_note', lang)}</p>"
    if lines:
        body += f"<table>{''.join(lines)}</table>"
    else:
        body += f'<p class="note">{say("rubric.no_differ", lang)}</p>'
    return _page(desk, body, found, lang, nonce)


def next_text(desk: Desk, after: Text | None = None) -> Text:
    """Return the first text, after another one, that this marker has not read; else the next."""
    found = desk.agreements()
    start = desk.texts.index(after) + 1 if after else 0
    turned = desk.texts[start:] + desk.texts[:start]
    return next((t for t in turned if desk.marker not in found[t.id].given), turned[0])


def _form(
    text: Text, desk: Desk, mine: int | None, token: str, agreed: Agreement, lang: Language
) -> str:
    own = desk.own(text)
    settle = agreed.differs and mine is not None
    shown = agreed.given.get(TOGETHER, mine)
    buttons = "".join(
        f'<button id="level-{level}" name="level" value="{level}"'
        f"{' class=given aria-pressed=true' if level == shown else ''}>"
        f"<kbd>{level}</kbd>{escape(meaning)}</button>"
        for level, meaning in enumerate(rubric_of(text.task).levels[lang])
    )
    hidden = f'<input type="hidden" name="token" value="{escape(token)}">'
    if settle:
        hidden += (
            f'<label><input type="checkbox" id="together" name="together" value="yes"> '
            f"{say('rubric.settle', lang)}</label>"
        )
    # the button that Enter would press is one that does nothing
    return (
        f'<p class="note" id="failed" role="alert" data-gone="{escape(say("rubric.gone", lang))}" '
        f'hidden></p><form id="form" method="post" action="/text/{text.id}" '
        f'data-mine="{"" if mine is None else mine}">'
        f"<button disabled hidden></button>{hidden}"
        f"<h2>{say('rubric.levels', lang)}</h2>"
        f'{buttons}<h2><label for="comment">{say("rubric.comment", lang)}</label></h2>'
        f'<textarea id="comment" name="comment" maxlength="{MOST_COMMENT}">'
        f"{escape(own.comment if own else '')}</textarea></form>"
    )


def _others(desk: Desk, agreed: Agreement, mine: int | None, lang: Language) -> str:
    """Show what others gave, once this marker has read the text too."""
    if mine is None or not set(agreed.given) - {desk.marker}:
        return ""
    key = "rubric.differs" if agreed.differs else "rubric.agrees"
    return f'<p class="note">{say(key, lang, given=escape(_given(agreed)))}</p>'


def _chosen(text: Text, lang: Language) -> str:
    if not text.chosen:
        return ""
    return " · " + escape(say("rubric.chosen", lang, options=", ".join(text.chosen)))


def _given(agreed: Agreement) -> str:
    return ", ".join(f"{marker}: {level}" for marker, level in sorted(agreed.given.items()))


def _plain(statement: dict[str, str], lang: Language) -> str:
    text = statement.get(lang, "")
    return "\n".join(line.lstrip("#").strip() if line.startswith("#") else line
                     for line in text.splitlines())  # fmt: skip


def _page(desk: Desk, body: str, found: dict[str, Agreement], lang: Language, nonce: str) -> str:
    read = sum(desk.marker in agreed.given for agreed in found.values())
    differ = sum(a.differs and desk.marker in a.given for a in found.values())
    title = say("rubric.title", lang)
    progress = say("rubric.progress", lang, read=read, total=len(found))
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>"
        f'<style nonce="{nonce}">{_STYLE}</style></head><body><nav><strong>{title}</strong>'
        f"<span>{say('rubric.marker', lang, marker=escape(desk.marker))}</span>"
        f'<span id="progress">{progress}</span>'
        f'<a id="differ" class="push" href="/differ">{say("rubric.differ", lang)} ({differ})</a>'
        f'<a href="/">{say("rubric.unread", lang)}</a></nav>{body}'
        f'<script nonce="{nonce}">{SCRIPT}</script></body></html>\n'
    )
