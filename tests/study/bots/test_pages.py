from study.bots.pages import read_page

START = """
<main id="content"><form class="card" id="consent" method="post" action="/s/digits/consent">
<input type="hidden" name="csrfmiddlewaretoken" value="masked"><input type="hidden" name="words" value="abc">
<label><input type="checkbox" name="consent" value="yes" required> I agree</label>
<input type="text" name="worker_id"><button type="submit">Go</button></form>
<form><input type="radio" name="withdrawal" value="keep">
<input type="radio" name="withdrawal" value="delete"></form></main>
"""
CHECKS = """
<meta name="csrf-token" content="secret"><div id="headphones" data-attempt="1"></div>
<ol data-attempt-sounds><li data-url="/a.wav"></li><li data-url="/b.wav"></li></ol>
<ol data-attempt-sounds><li data-url="/c.wav"></li></ol>
<ul><li data-label="0">zero</li><li data-label="1">one</li></ul>
"""


def test_form_has_its_hidden_fields_and_what_can_be_chosen() -> None:
    form = read_page(START, address="/s/digits/").form(having="consent")
    assert form is not None
    assert form.action == "/s/digits/consent"
    assert form.hidden == {"csrfmiddlewaretoken": "masked", "words": "abc"}
    assert form.choices == {"consent": ["yes"], "worker_id": []}


def test_form_is_found_by_any_of_its_fields() -> None:
    page = read_page(START, address="/s/digits/")
    form = page.form(having="withdrawal")
    assert form is not None
    assert form.choices == {"withdrawal": ["keep", "delete"]}
    assert page.form(having="width_px") is None


def test_token_attributes_labels_and_sounds_of_each_attempt_are_read() -> None:
    page = read_page(CHECKS, address="/s/digits/headphones")
    assert page.csrf_token == "secret"  # noqa: S105  # the test's own
    assert page.elements["headphones"]["data-attempt"] == "1"
    assert page.sounds == (("/a.wav", "/b.wav"), ("/c.wav",))
    assert page.labels == ("0", "1")


def test_code_is_read_without_the_space_around_it() -> None:
    page = read_page('<h2>Your code</h2><p class="code" id="code">\n  AB12  </p><p>more</p>', address="/")
    assert page.code == "AB12"
    assert read_page("<p>nothing</p>", address="/").code == ""
