"""What is served: pages, JSON, health, metrics; and what is not."""

import asyncio
import json
import re
import socket
from html import unescape
from pathlib import Path

import pytest
from served import SCRIPT, TOKEN, A, changed, listening, on_real_time, on_virtual_time, run, serving, two_hosts

from bgp2vpc.config.model import Process
from bgp2vpc.errors import Denied
from bgp2vpc.health.model import Check, Tcp
from bgp2vpc.operator.why import lines
from bgp2vpc.policy.rule import ManagedRoute
from bgp2vpc.prefix import IPAddress, parse_prefix
from bgp2vpc.sources.session import SourceKind
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from bgp2vpc.web.app import HEADERS
from bgp2vpc.web.model import WebSettings
from tests.addresses import HOME, free_port
from tests.values import rule
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

EVIL = "<script>alert(1)</script>"
PAGES = ("/", f"/prefix/{A}", "/status.json", "/healthz", "/readyz", "/metrics", "/static/style.css", "/none")


@on_virtual_time
async def test_the_page_shows_what_is_held_and_why():
    async with serving() as site:
        await site.announced()
        page = await site.until_told("/", "1 created")
        for words in (
            "this instance",
            "i-1",
            "vpc-1",
            "standalone",
            A,
            "rtb-1",
            "keep",
            "ours",
            "eni-1",
            SCRIPT,
            "only path",
        ):
            assert words in page


@on_virtual_time
async def test_the_story_goes_from_the_line_to_the_call():
    async with serving() as site:
        await site.announced()
        page = await site.until_told(f"/prefix/{A}", "route created")
        story = page[page.index("<h2>Story") :]
        assert story.index("source up") < story.index("announced") < story.index("route created")
        assert "absent" in story  # why


@on_virtual_time
async def test_a_prefix_is_shown_as_it_is_written_and_nonsense_is_not_found():
    async with serving() as site:
        assert (await site.get("/prefix/192.0.2.77/32"))[0] == 200
        for path in ("/prefix/192.0.2.1/33", "/prefix/x/32", "/prefix/%3Cscript%3E/32", "/prefix/192.0.2.1/24"):
            assert (await site.get(path))[0] == 404


@on_virtual_time
async def test_a_prefix_list_has_a_page_as_the_main_page_says():
    vpc = two_hosts()
    vpc.add_prefix_list("pl-1", name="anycast")
    lists = rule("192.0.2.0/24 le 32", prefix_list=PrefixListRef("pl-1"))
    async with serving(vpc=vpc, rules=(lists,)) as site:
        site.say(f"announce route {A} next-hop self")
        page = await site.until_told("/", 'href="/prefix/pl-1"')
        assert "<h2>Prefix lists</h2>" in page
        status, page = await site.get("/prefix/pl-1")
        assert status == 200
        assert "rtb-1" in page
        assert "neither managed nor announced" not in page
        assert "anycast" in page
        page = await site.until_told("/prefix/pl-1", "prefix list modified")
        assert "prefix list modified" in page[page.index("<h2>Story") :]
        assert (await site.get("/prefix/pl-1/32"))[0] == 404


@on_virtual_time
async def test_every_answer_has_the_headers_that_keep_a_browser_calm():
    async with serving() as site:
        for path in PAGES:
            headers = await site.headers(path)
            assert {name: headers.get(name) for name in HEADERS} == HEADERS, path
            assert "Set-Cookie" not in headers


@on_virtual_time
async def test_what_scripts_say_is_text_and_never_markup():
    async with serving() as site:
        await site.announced()
        site.say(f"announce route {A} next-hop {EVIL}", source=f"dns{EVIL}")
        site.daemon.parts.journal.failure(EVIL, Denied("CreateRoute", "UnauthorizedOperation", EVIL))
        for path in ("/", f"/prefix/{A}"):
            page = await site.until_told(path, "&lt;script&gt;" if path == "/" else "announced")
            assert EVIL not in page
            assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/live.js" defer>']
            assert " style=" not in page
            assert not re.search(r"\son[a-z]+=", page)
        _, metrics = await site.get("/metrics")
        assert f'source="dns{EVIL}"' in metrics


@on_real_time
async def test_checks_are_shown_with_their_probes():
    port = free_port()
    check = Check(
        name="tcp", probe=Tcp(port), every=0.05, timeout=PATIENCE, destination=IPAddress(HOME), rise=1, fall=1
    )
    async with serving(checks=(check,)) as site:
        page = await site.until_told("/", "unhealthy")
        assert "health check is unhealthy" in page
        assert "bgp2vpc probe tcp" in page
        assert "refused" in page.lower()
        assert 'class="failed"' in page
        server = await asyncio.start_server(lambda _, writer: writer.close(), HOME, port)
        page = await site.until_told("/", '<span class="word good">healthy')
        assert 'class="ok"' in page
        server.close()
        _, metrics = await site.get("/metrics")
        assert f'bgp2vpc_check_healthy{{check="tcp",destination="{HOME}"}} ' in metrics


@on_virtual_time
async def test_the_status_is_the_daemons_own_with_a_schema():
    async with serving() as site:
        await site.announced()
        status = await site.status()
        ours = json.loads(site.daemon.parts.status_source.now().to_json())
        assert status.keys() == ours.keys()
        assert status["schema"] == 1
        (route,) = (await site.status())["routes"]
        assert (route["prefix"], route["route_table_id"]) == (A, "rtb-1")


@on_virtual_time
async def test_ready_means_that_ec2_has_been_read_lately():
    vpc_down = Denied("DescribeRouteTables", "UnauthorizedOperation", "no")
    async with serving(poll_time=10) as site:
        assert await site.get("/readyz") == (200, "ready\n")
        assert await site.get("/healthz") == (200, "alive\n")
        site.vpc.fail_next("DescribeRouteTables", vpc_down, times=10_000)
        await asyncio.sleep(100)
        status, why = await site.get("/readyz")
        assert status == 503
        assert why.startswith("EC2 was last read 10")
        assert (await site.get("/healthz"))[0] == 200
        assert "not ready: EC2 was last read" in await site.until_told("/", "not ready")


@on_virtual_time
async def test_a_daemon_that_cannot_reach_ec2_serves_all_the_same_and_is_not_ready():
    async with serving(wait=False) as site:
        site.vpc.fail_next("Describe", Denied("DescribeRouteTables", "UnauthorizedOperation", "no"), times=10_000)
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    if (await site.get("/readyz")) == (503, "EC2 has not been read yet\n"):
                        break
                except OSError:
                    pass
                await asyncio.sleep(0.05)
        page = await site.until_told("/", "failing: observe")
        assert "EC2 has not been read yet" in page


@on_virtual_time
async def test_only_names_of_ours_are_answered_to():
    async with serving() as site:
        status, why = await site.get("/", Host="evil.example")
        assert (status, why) == (421, "'evil.example' is no name of this server; add it to web.hosts\n")
        assert (await site.get("/metrics", Host="evil.example"))[0] == 421
        assert (await site.get("/", Host=f"localhost:{site.settings.port}"))[0] == 200


@on_virtual_time
async def test_metrics_count_what_happened():
    async with serving() as site:
        await site.announced()
        site.vpc.put_route("rtb-1", "192.0.2.2/32", "eni-2")
        text = await site.until_told("/metrics", 'bgp2vpc_routes{reason="ours",verdict="keep"} 1.0')
        for line in (
            'bgp2vpc_ec2_calls_total{action="CreateRoute",result="ok"} 1.0',
            'bgp2vpc_write_seconds_count{action="create"} 1.0',
            'bgp2vpc_cycles_total{result="changed"} 1.0',
            # Prometheus' increase() does not see the first event of a counter that begins with it.
            'bgp2vpc_cycles_total{result="failed"} 0.0',
            'bgp2vpc_ec2_calls_total{action="CreateRoute",result="refused"} 0.0',
            'bgp2vpc_takeovers_total{reason="owner-gone"} 0.0',
            'bgp2vpc_write_seconds_count{action="replace"} 0.0',
            'bgp2vpc_paths{kind="script",source="dns"} 1.0',
            "bgp2vpc_ready 1.0",
            "bgp2vpc_ec2_throttles_total 0.0",
        ):
            assert line in text
        assert "process_resident_memory_bytes" in text


@on_virtual_time
async def test_clients_of_the_socket_share_one_row_of_the_metrics():
    async with serving() as site:
        for number in range(50):
            site.daemon.parts.adj_rib_in.opened(f"client-{number}", SourceKind.CLIENT)
        text = await site.until_told("/metrics", 'kind="client"')
        assert text.count('kind="client"') == 1


# Server-sent events


@on_virtual_time
async def test_a_stream_begins_with_the_whole_page_and_goes_on_with_what_changes():
    async with serving() as site, site.http.get(f"{site.url}/events") as stream:
        assert stream.content_type == "text/event-stream"
        first = await next_parts(stream)
        assert {"summary", "routes", "paths", "log"} <= first.keys()
        assert A not in first["routes"]
        await site.announced()
        seen: dict[str, str] = {}
        while A not in seen.get("routes", ""):
            seen |= await next_parts(stream)
        assert "neighbors" not in seen


@on_virtual_time
async def test_the_stream_of_a_prefix_tells_its_story():
    async with serving() as site, site.http.get(f"{site.url}/events?prefix={A}") as stream:
        assert "Nothing has happened" in (await next_parts(stream))["story"]
        await site.announced()
        story = ""
        while "route created" not in story:
            story = (await next_parts(stream)).get("story", "")


async def next_parts(stream) -> dict[str, str]:
    async with asyncio.timeout(PATIENCE):
        while not (line := await stream.content.readline()).startswith(b"data: "):
            assert line
    return json.loads(line.removeprefix(b"data: "))["parts"]


# Listening


@on_real_time
async def test_a_taken_port_is_said_once_tried_again_and_ends_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bgp2vpc.services.web.RETRY", 0.1)
    with socket.socket() as taken:
        taken.bind((HOME, 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with serving(port=port, wait=False) as site:
            await site.until(lambda: site.daemon.parts.journal.errors)
            await site.announced()
            await site.until(lambda: site.daemon.parts.status_source.now().errors[0].count > 1)
            (error,) = site.daemon.parts.status_source.now().errors
            assert error.message == (
                f"cannot listen at {HOME}:{port}: Address already in use; "
                f"this shows by what: ss -ltnp 'sport = :{port}'"
            )
            taken.close()
            await listening(site)
            assert site.daemon.parts.status_source.now().failing == {}


@on_real_time
async def test_a_reload_moves_it_and_turns_it_off(tmp_path: Path):
    async with serving() as site:
        await site.announced()
        old, site.settings = site.settings, WebSettings(HOME, free_port())
        changed(site, web=site.settings)
        await listening(site)
        assert "announced" in (await site.get(f"/prefix/{A}"))[1]  # the story goes on
        assert not connects(old)
        changed(site, web=None)
        await site.until(lambda: not connects(site.settings))


@on_virtual_time
async def test_a_reload_without_a_change_keeps_the_page_and_reads_the_token_anew(tmp_path: Path):
    async with serving(tmp_path) as site, site.http.get(f"{site.url}/events") as stream:
        await next_parts(stream)
        (tmp_path / "token").write_text("another-token-of-ours")
        changed(site)
        async with asyncio.timeout(PATIENCE):
            while (await site.post("/steer/undrain", token="another-token-of-ours", json={}))[0] != 200:
                await next_parts(stream)
        assert (await site.post("/steer/undrain", json={}))[0] == 401
        await site.announced()
        await next_parts(stream)


def connects(settings: WebSettings) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.host, settings.port)) == 0


@on_real_time
async def test_without_web_nothing_listens_and_nothing_is_loaded():
    async with serving(wait=False, web=None) as site:
        await site.announced()
        assert not connects(site.settings)


# Steering


@on_real_time
async def test_with_the_token_a_prefix_is_drained_and_undrained(tmp_path: Path):
    async with serving(tmp_path) as site:
        await site.announced()
        status, told = await site.post("/steer/drain", json={"prefix": A, "reason": "kernel"})
        assert (status, told["message"]) == (200, f"drain: done ({A})")
        assert (await site.status())["leaving"][0]["prefix"] == A
        page = await site.until_told("/", "draining")
        assert "127.0.0.1" in page
        assert "kernel" in page
        status, told = await site.post("/steer/undrain", json={"prefix": A})
        assert status == 200
        await site.until_told("/status.json", '"leaving": []')


@on_virtual_time
async def test_the_form_that_drains_everything_sends_no_prefix(tmp_path: Path):
    async with serving(tmp_path) as site:
        await site.announced()
        page = (await site.get("/"))[1]
        assert page.count('name="token"') == 1
        names = fields_of(page)
        assert names == ["ask", "check", "for", "reason", "token"]
        fields = dict.fromkeys(names, "") | {"token": TOKEN}
        status, told = await site.post("/steer/drain", token=None, data=fields, headers={"Accept": "application/json"})
        assert (status, told["message"]) == (200, "drain: done (everything)")


def fields_of(page: str) -> list[str]:
    form = page[page.index("<form") :]
    return re.findall(r'<input[^>]* ?name="([^"]*)"', form[: form.index("</form>")])


@on_virtual_time
@pytest.mark.parametrize(("verb", "asks"), [("drain", True), ("takeover", True), ("hold", False), ("undrain", False)])
async def test_without_javascript_what_moves_routes_is_asked_once_more(tmp_path: Path, verb: str, asks: bool):
    async with serving(tmp_path) as site:
        site.vpc.put_route("rtb-1", A, "eni-2")
        site.say(f"announce route {A} next-hop self")
        await site.until_told(f"/prefix/{A}", "owner-healthy")
        page = (await site.get(f"/prefix/{A}"))[1]
        fields = dict.fromkeys(fields_of(page), "") | {"prefix": A, "ask": "once more", "reason": "new kernel"}
        status, _ = await site.post(f"/steer/{verb}", token=None, data=fields | {"token": "wrong"})
        assert status == 401
        status, page = await site.post(f"/steer/{verb}", token=None, data=fields | {"token": TOKEN})
        assert status == 200
        assert ("Once more" in page, "Done" in page) == (asks, not asks)
        if asks:
            assert TOKEN not in page
            assert site.daemon.parts.status_source.now().steering == ()
            assert fields_of(page) == ["prefix", "reason", "token"]
            again = {"prefix": A, "reason": "new kernel", "token": TOKEN}
            status, page = await site.post(f"/steer/{verb}", token=None, data=again)
            assert "Done" in page
        assert f'href="/prefix/{A}"' in page


@on_virtual_time
async def test_the_page_leads_with_each_prefix_and_whether_it_is_served(tmp_path: Path):
    managed = ManagedRoute(prefix=parse_prefix("192.0.2.9/32"), source="check web")
    async with serving(rules=(rule(manages={managed.prefix: managed}),)) as site:
        site.vpc.put_route("rtb-1", "192.0.2.2/32", "eni-2")
        site.say("announce route 192.0.2.2/32 next-hop self", "announce route 203.0.113.1/32 next-hop self")
        await site.announced()
        page = await site.until_told("/", "served by")
        lines = section(page, "prefixes").split("</tbody>")[0].split("<tr")[2:]
        assert [text_of(line) for line in lines] == [
            "192.0.2.9/32 not served 1 of 1 tables managed, its check does not pass",
            "192.0.2.1/32 served here announced",
            "192.0.2.2/32 served by i-2 announced",
            "203.0.113.1/32 not permitted by any rule announced",
        ]
        assert "not served in 1 of 1 table:" in section(page, "summary")
        assert "$" not in section(page, "summary")
        assert "bgp2vpc why 192.0.2.9/32" in section(page, "summary")
        page = (await site.get("/prefix/192.0.2.9/32"))[1]
        assert text_of(section(page, "prefix_served")).startswith("not served 1 of 1 tables since")


def section(page: str, name: str) -> str:
    """The HTML of a section."""
    begin = page.index(f'<section id="{name}"')
    return page[begin : page.index("</section>", begin)]


def text_of(html: str) -> str:
    """Without markup and times."""
    html = re.sub(r"<time.*?</time>", "", html)
    return unescape(" ".join(re.sub(r"<[^>]*>|^[^<]*>", " ", html).split()))


@on_virtual_time
async def test_the_page_of_a_prefix_has_the_sentences_of_why():
    async with serving() as site:
        await site.announced()
        page = await site.until_told(f"/prefix/{A}", "keep (ours")
        why = lines(site.daemon.parts.explaining.facts(parse_prefix(A)), ages=False)
        shown = re.findall("<p>(.*)</p>", section(page, "prefix_why"))
        assert [unescape(line) for line in shown if line != " "] == [line for line in why[1:] if line]
        _, page = await site.get("/prefix/203.0.113.77/32")
        assert "nothing is known of 203.0.113.77/32" in section(page, "prefix_why")


@on_virtual_time
async def test_a_delete_that_is_denied_shows_what_the_table_has():
    async with serving() as site:
        await site.announced()
        site.vpc.fail_next("DeleteRoute", Denied("DeleteRoute", "UnauthorizedOperation", "no"), times=10_000)
        site.say(f"withdraw route {A} next-hop self")
        page = await site.until_told("/", "failing: delete")
        assert "keep" not in section(page, "routes")
        assert "eni-1 to be deleted this instance" in text_of(section(page, "routes"))
        assert "the tables have eni-1" in section(page, "summary")
        assert "bgp2vpc doctor -f x" in section(page, "summary")
        assert text_of(section(page, "prefixes")).endswith("points here and nothing here announces it withdrawn")


@on_virtual_time
async def test_a_hold_is_red_where_the_service_is_dead(tmp_path: Path):
    async with serving(tmp_path) as site:
        await site.announced()
        await site.until_told("/", "1 created")
        await site.post("/steer/hold", json={"prefix": A})
        page = await site.until_told("/", "bgp2vpc release")
        assert '<li class="busy"><a href="#steering">hold:' in section(page, "summary")
        site.say(f"withdraw route {A} next-hop self")
        page = await site.until_told("/", "where nothing announces it any more")
        assert '<li class="bad"><a href="#steering">hold:' in section(page, "summary")


@on_virtual_time
async def test_a_gateway_in_some_tables_is_worth_attention():
    vpc = two_hosts()
    vpc.add_table("rtb-2", tags={"type": "private", "Name": "second"})
    vpc.add_gateway("nat-1")
    vpc.put_route("rtb-2", A, "nat-1")
    async with serving(vpc=vpc) as site:
        await site.announced()
        page = await site.until_told("/", "foreign:")
        assert "foreign: nat-1 has the route in 1 place:" in section(page, "summary")
        assert "rtb-2 second" in text_of(section(page, "routes"))
        assert "no instance 1 of 2 tables" in text_of(section(page, "prefixes"))


@on_virtual_time
async def test_refused_lines_are_shown_with_their_source():
    async with serving() as site:
        site.say("announce rout", f"announce route {EVIL}")
        page = await site.until_told("/", "refused lines")
        text = text_of(section(page, "sources"))
        assert "dns 2" in text
        assert "announce route <script>" in text


@on_virtual_time
async def test_a_line_that_a_script_has_not_ended_is_shown():
    script = ["sh", "-c", "printf 'announce route 192.0.2.9'; exec cat >/dev/null"]
    async with serving(processes=(Process(name="unended", argv=tuple(script)),)) as site:
        page = await site.until_told("/", "unfinished")
        assert "unfinished announce route 192.0.2.9" in text_of(section(page, "sources"))


@on_virtual_time
async def test_without_javascript_the_form_brings_the_token(tmp_path: Path):
    async with serving(tmp_path) as site:
        await site.announced()
        status, page = await site.post("/steer/drain", token=None, data={"prefix": A, "token": TOKEN, "reason": ""})
        assert status == 200
        assert "Done" in page
        assert f'href="/prefix/{A}"' in page
        status, page = await site.post("/steer/drain", token=None, data={"prefix": A, "token": "wrong"})
        assert status == 401
        assert "the token is wrong or missing" in page


@on_real_time
async def test_a_prefix_is_held_for_a_while_and_released(tmp_path: Path):
    async with serving(tmp_path) as site:
        await site.announced()
        status, told = await site.post("/steer/hold", json={"prefix": A, "for": "30m", "reason": "migration"})
        assert (status, told["message"]) == (200, f"hold: done ({A})")
        (row,) = told["result"]
        assert (row["verb"], row["by"], row["reason"]) == ("hold", "web, 127.0.0.1", "migration")
        assert row["until"]
        page = await site.until_told(f"/prefix/{A}", "migration")
        assert "held" in page[page.index("<h2>Story") :]
        assert 'bgp2vpc_steered{verb="hold"} 1.0' in await site.until_told("/metrics", "bgp2vpc_steered{")
        assert (await site.post("/steer/release", json={"prefix": A}))[1]["result"] == []


@on_virtual_time
async def test_a_hold_ends_by_itself_when_its_time_is_over(tmp_path: Path):
    async with serving(tmp_path) as site:
        await site.announced()
        assert (await site.post("/steer/hold", json={"prefix": A, "for": "30m"}))[0] == 200
        await asyncio.sleep(1790)
        assert "released" not in (await site.get(f"/prefix/{A}"))[1]
        await asyncio.sleep(20)
        assert "released: time limit reached" in (await site.get(f"/prefix/{A}"))[1]


@on_virtual_time
async def test_a_route_of_another_instance_is_taken_over(tmp_path: Path):
    async with serving(tmp_path) as site:
        site.vpc.put_route("rtb-1", A, "eni-2")
        site.say(f"announce route {A} next-hop self")
        assert (await site.post("/steer/reconcile", json={}))[0] == 200
        await site.until_told(f"/prefix/{A}", "owner-healthy")
        assert (await site.post("/steer/takeover", json={"prefix": A, "reason": "test"}))[0] == 200
        await site.until(lambda: f"rtb-1 {A} eni-1" in str(site.vpc))
        page = await site.until_told(f"/prefix/{A}", "route replaced")
        assert page.index("manual takeover") < page.index("route replaced")
        assert 'bgp2vpc_takeovers_total{reason="by-hand"} 1.0' in await site.until_told("/metrics", "by-hand")


@on_real_time
async def test_a_check_is_made_at_once(tmp_path: Path):
    check = Check(
        name="tcp",
        probe=Tcp(free_port()),
        every=3600,
        timeout=PATIENCE,
        destination=IPAddress(HOME),
        rise=1,
        fall=2,
    )
    async with serving(tmp_path, checks=(check,)) as site:
        await site.until(lambda: site.daemon.parts.status_source.now().checks[0].probes == 1)
        status, told = await site.post("/steer/probe", json={"check": "tcp"})
        assert (status, told["message"]) == (200, "probe: done (tcp)")
        await site.until(lambda: site.daemon.parts.status_source.now().checks[0].probes == 2)
        assert (await site.post("/steer/check", json={"check": "tcp"}))[0] == 200  # as in version 0.1
        status, told = await site.post("/steer/probe", json={"check": EVIL})
        assert (status, "no health check of that name" in told["error"]) == (400, True)


BAD = [
    ({"json": {"prefix": A}, "token": None}, "drain", 401, "the token is wrong or missing"),
    ({"json": {"prefix": A}, "token": TOKEN[:-1]}, "drain", 401, "the token is wrong or missing"),
    ({"json": {"prefix": A}, "headers": {"Origin": "http://evil.example"}}, "drain", 403, "of another origin"),
    ({"json": {"prefix": A}, "headers": {"Sec-Fetch-Site": "cross-site"}}, "drain", 403, "of another origin"),
    ({"json": {"prefix": "x"}}, "drain", 400, "x"),
    ({"json": {"prefix": EVIL}}, "drain", 400, "is not an IP address"),
    ({"json": {"prefix": 5}}, "drain", 400, "expected a flat object of texts"),
    ({"json": [A]}, "drain", 400, "expected a flat object of texts"),
    ({"json": {"prefixes": A}}, "drain", 400, "unknown field 'prefixes'"),
    ({"data": "{", "headers": {"Content-Type": "application/json"}}, "drain", 400, "no JSON object"),
    ({"data": "[" * 8000, "headers": {"Content-Type": "application/json"}}, "drain", 400, "no JSON object"),
    ({"data": b"\xff\xfe", "headers": {"Content-Type": "application/json"}}, "drain", 400, "no JSON object"),
    ({"data": "x", "headers": {"Content-Type": "text/plain"}}, "drain", 415, "expected a JSON object or a form"),
    ({"json": {"prefix": A, "reason": "x" * 9000}}, "drain", 413, "longer than 8192 bytes"),
    ({"json": {"prefix": A, "for": "soon"}}, "hold", 400, "'soon' is no duration"),
    ({"json": {"prefix": A, "for": "1h"}}, "undrain", 400, "'for' has no meaning with undrain"),
    ({"json": {}}, "hold", 400, "of which prefix?"),
    ({"json": {"prefix": A}}, "takeover", 400, "cannot be taken over"),
    ({"json": {"prefix": ""}}, "drain", 400, "'prefix' is empty: leave it out to mean everything"),
    ({"json": {"prefix": " "}}, "release", 400, "'prefix' is empty"),
    ({"data": {"prefix": ""}}, "drain", 400, "'prefix' is empty"),
    ({"json": {"check": ""}}, "probe", 400, "'check' is empty"),
    ({"json": {"prefix": A}}, "probe", 400, "unknown field 'prefix' for probe: expected check, for, reason"),
    ({"json": {"prefix": A}}, "reconcile", 400, "unknown field 'prefix' for reconcile: expected for, reason"),
    ({"json": {"check": "tcp"}}, "drain", 400, "unknown field 'check' for drain: expected prefix, for, reason"),
    ({"json": {}}, "explode", 404, "'explode': expected one of"),
]


@pytest.mark.parametrize(
    ("request_", "verb", "code", "message"), BAD, ids=[f"{n}-{row[2]}" for n, row in enumerate(BAD)]
)
def test_what_may_not_be_done_says_why_and_changes_nothing(tmp_path: Path, request_, verb, code, message):
    async def story() -> None:
        async with serving(tmp_path) as site:
            headers = {"Accept": "application/json"} | request_.get("headers", {})
            status, told = await site.post(f"/steer/{verb}", **(request_ | {"headers": headers}))
            assert (status, message in told["error"]) == (code, True), told
            assert site.daemon.parts.status_source.now().leaving == ()

    run(story())


@on_virtual_time
async def test_without_a_token_file_nothing_can_be_steered():
    async with serving() as site:
        status, told = await site.post("/steer/drain", json={"prefix": A})
        assert (status, "web.token_file is not set" in told["error"]) == (403, True)
        assert "<form" not in (await site.get("/"))[1]


@on_real_time
async def test_a_token_that_everybody_can_read_is_refused_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bgp2vpc.services.web.RETRY", 0.1)
    file = tmp_path / "open"
    file.write_text(TOKEN)
    file.chmod(0o644)
    async with serving() as site:
        site.settings = WebSettings(HOME, free_port(), file)
        changed(site, web=site.settings)
        await listening(site)
        assert (await site.post("/steer/drain", json={"prefix": A}))[0] == 403
        assert f"{file} may be read or written by everybody (0644)" in await site.until_told("/", "everybody")
        file.chmod(0o600)
        await site.until(lambda: not site.daemon.parts.status_source.now().failing)
        assert (await site.post("/steer/undrain", json={}))[0] == 200


@on_virtual_time
async def test_after_ten_wrong_tokens_the_wrong_ones_come_later_and_the_right_one_is_let_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async with serving(tmp_path) as site:
        codes = [(await site.post("/steer/drain", token="wrong", json={}))[0] for _ in range(10)]
        assert codes == [401] * 10
        for _ in range(30):
            headers = {"Accept": "application/json"}
            status, told = await site.post("/steer/drain", token="wrong", json={}, headers=headers)
            assert (status, "too many wrong tokens" in told["error"]) == (429, True)
        assert (await site.post("/steer/undrain", json={}))[0] == 200
        assert len([each for each in caplog.records if each.message.startswith("wrong token")]) == 2


@on_virtual_time
async def test_a_get_steers_nothing(tmp_path: Path):
    async with serving(tmp_path) as site:
        status, _ = await site.get("/steer/drain", Authorization=f"Bearer {TOKEN}")
        assert status == 405
