import contextlib
import re

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from earshot.errors import StudyError
from study.markdown import check_text, render_text

# What the sanitiser may let through: nothing else can reach a page.
ALLOWED_TAG = re.compile(
    r'</?(p|h2|h3|em|strong|ul|ol|li)>|<br>|<ol start="\d+">|'
    r'<a( href="(https?:|mailto:)[^"<>]*")? rel="noopener">|</a>',
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One.\nstill one\n\nTwo.", "<p>One.\nstill one</p>\n<p>Two.</p>\n"),
        ("    indented by a file", "<p>indented by a file</p>\n"),
        ("*soft* and **strong**", "<p><em>soft</em> and <strong>strong</strong></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("# Data\n## Storage", "<h2>Data</h2>\n<h3>Storage</h3>\n"),
        ("[us](https://a.org/x)", '<p><a href="https://a.org/x" rel="noopener">us</a></p>\n'),
        ("<us@a.org>", '<p><a href="mailto:us@a.org" rel="noopener">us@a.org</a></p>\n'),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>\n"),
        (r"\<b> and &lt;b&gt;", "<p>&lt;b&gt; and &lt;b&gt;</p>\n"),
    ],
)
def test_limited_markdown_is_taken_and_shown(text: str, html: str) -> None:
    check_text(text)
    shown = render_text(text)
    assert isinstance(shown, SafeString)
    assert shown == html


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Hello <b>you</b>", "HTML '<b>'"),
        ("<div class='x'>\nmore\n</div>", "HTML '<div class='x'>'"),
        ("<script>alert(1)</script>", "HTML '<script>'"),
        ("- in a list <img src=x onerror=y>", "HTML '<img src=x onerror=y>'"),
        ("*in <i>emphasis</i>*", "HTML '<i>'"),
        ("a <!-- comment --> b", "HTML '<!-- comment -->'"),
        ("<div unfinished", "HTML '<div unfinished'"),
        ("![a picture](https://a.org/x.png)", "an image 'https://a.org/x.png'"),
        ("[x](javascript:alert(1))", "a link to 'javascript:alert(1)'"),
        ("<ftp://a.org>", "a link to 'ftp://a.org'"),
        ("[x](/studies)", "a link to '/studies'"),
        ("[x]()", "a link to ''"),
        ("### Deep", "a heading of level 3"),
    ],
)
def test_anything_else_is_refused_and_shown_harmless(text: str, fault: str) -> None:
    with pytest.raises(StudyError) as refused:
        check_text(text, place="texts.en.consent")
    assert str(refused.value).startswith(f"texts.en.consent contains {fault}; write Markdown")
    assert_harmless(render_text(text))


@given(text=st.text(st.sampled_from("<>/&;\"'=![]()#*-_ \n\\abhijmp:sx1.?"), max_size=60))
def test_no_text_makes_other_html(text: str) -> None:
    assert_harmless(render_text(text))


@given(text=st.text())
def test_any_text_is_taken_or_refused_and_can_be_shown(text: str) -> None:
    with contextlib.suppress(StudyError):
        check_text(text)
    assert_harmless(render_text(text))


def assert_harmless(html: str) -> None:
    assert "<" not in ALLOWED_TAG.sub("", html)
