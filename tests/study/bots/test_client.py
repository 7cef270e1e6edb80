import pytest

from study.bots.client import FIRST_DELAY_S, LONGEST_DELAY_S, Client, Halted, Refused
from tests.study.bots.conftest import CUT, Said, Script

BUSY = Said(503, {"code": "busy", "message": "come back", "retry_after_ms": 1})
LATE = Said(409, {"code": "already-answered", "message": "it was answered", "retry_after_ms": None})


def test_refusal_has_the_servers_code_and_its_delay(client: Client, script: Script) -> None:
    script.said = [Said(422, {"code": "too-early", "message": "wait", "retry_after_ms": 1500})]
    with pytest.raises(Refused) as refused:
        client.call("/api/x", body={"answer": 1})
    assert (refused.value.code, refused.value.status, refused.value.retry_after_s) == ("too-early", 422, 1.5)
    assert refused.value.is_passing
    assert client.refusals == {"too-early": 1}


def test_error_page_of_a_proxy_is_known_by_its_status(client: Client, script: Script) -> None:
    script.said = [Said(502, "<h1>Bad gateway</h1>")]
    with pytest.raises(Refused, match="http-502"):
        client.call("/api/x")


def test_what_may_pass_is_sent_again_until_it_is_taken(client: Client, script: Script) -> None:
    script.said = [Said(body=CUT), BUSY, Said(body={"stored": True})]
    assert client.insist(lambda: client.call("/api/x", body={"answer": 1})) == {"stored": True}
    assert [asked.json() for asked in script.asked] == [{"answer": 1}] * 3
    assert client.refusals == {"unreachable": 1, "busy": 1}


def test_what_is_refused_for_good_is_not_sent_again(client: Client, script: Script) -> None:
    script.said = [LATE]
    with pytest.raises(Refused, match="already-answered"):
        client.insist(lambda: client.call("/api/x", body={}))
    assert len(script.asked) == 1


def test_without_patience_an_unreachable_server_ends_it(client: Client, script: Script) -> None:
    script.last = Said(body=CUT)
    client.patience_s = 0.0
    with pytest.raises(Refused, match="unreachable"):
        client.insist(lambda: client.call("/api/x"))


def test_silence_ends_with_the_next_answer(client: Client, script: Script) -> None:
    script.said = [Said(body=CUT)]
    client.patience_s = 0.0
    with pytest.raises(Refused, match="unreachable"):
        client.call("/api/x")
    assert client.is_impatient
    client.call("/api/x")
    assert not client.is_impatient


def test_cookies_token_and_origin_come_back_with_a_post(client: Client, script: Script) -> None:
    page = '<meta name="csrf-token" content="secret"><div id="trials"></div>'
    cookies = (("Set-Cookie", "earshot-digits=token; Path=/s/digits/; HttpOnly"), ("Set-Cookie", "csrftoken=x; Path=/"))
    script.said = [Said(body=page, headers=cookies)]
    client.load("/s/digits/trials")
    client.call("/s/digits/api/x", body={})
    headers = script.asked[1].headers
    assert headers["Cookie"] == "earshot-digits=token; csrftoken=x"
    assert (headers["X-CSRFToken"], headers["Origin"]) == ("secret", script.address)


def test_page_stands_where_redirects_lead_and_a_form_is_posted_once(client: Client, script: Script) -> None:
    script.said = [Said(302, headers=(("Location", "/s/digits/sound"),)), Said(body="<p>Sound</p>")]
    page = client.load("/s/digits/consent", form={"consent": "yes", "kinds": ["a", "b"]})
    assert page.address == "/s/digits/sound"
    assert [(asked.method, asked.body) for asked in script.asked] == [
        ("POST", b"consent=yes&kinds=a&kinds=b"),
        ("GET", b""),
    ]


def test_page_that_says_no_is_refused_with_its_status(client: Client, script: Script) -> None:
    script.said = [Said(410, "closed")]
    with pytest.raises(Refused, match="page-410"):
        client.load("/s/digits/")


def test_page_that_leads_in_circles_is_left(client: Client, script: Script) -> None:
    script.last = Said(302, headers=(("Location", "/s/digits/"),))
    with pytest.raises(Refused, match="page-redirects"):
        client.load("/s/digits/")


def test_double_click_sends_the_same_twice(client: Client, script: Script) -> None:
    script.last = Said(body={"stored": True})
    assert client.call_twice("/api/x", body={"answer": 1}) == {"stored": True}
    assert [asked.json() for asked in script.asked] == [{"answer": 1}] * 2


def test_refusal_of_the_second_click_is_counted_and_no_more(client: Client, script: Script) -> None:
    script.said = [LATE, LATE]
    with pytest.raises(Refused, match="already-answered"):
        client.call_twice("/api/x", body={"answer": 1})
    assert client.refusals == {"already-answered": 2}


def test_without_network_nothing_leaves(client: Client, script: Script) -> None:
    client.lose_network(60.0)
    with pytest.raises(Refused, match="unreachable"):
        client.call("/api/x")
    assert script.asked == []
    assert not client.is_impatient


def test_halt_ends_every_wait_and_every_request(client: Client, script: Script) -> None:
    client.halt.set()
    with pytest.raises(Halted):
        client.wait(1000.0)
    with pytest.raises(Halted):
        client.call("/api/x")
    assert script.asked == []


@pytest.mark.parametrize("n_tries", [0, 1, 3, 20])
def test_delay_doubles_up_to_a_bound_and_half_of_it_is_chance(client: Client, n_tries: int) -> None:
    whole_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**n_tries)
    delays_s = [client.delay_s(Refused("unreachable"), n_tries=n_tries) for _ in range(200)]
    assert whole_s / 2 <= min(delays_s) < max(delays_s) <= whole_s


def test_server_that_says_when_to_come_back_is_believed(client: Client) -> None:
    early = Refused("too-early", status=422, retry_after_s=0.01)
    assert client.delay_s(early, n_tries=9) == 0.01
    assert client.delay_s(Refused("busy", status=503, retry_after_s=100.0), n_tries=0) == 100.0
