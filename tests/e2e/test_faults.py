"""Servers and networks that fail: a push and a clone succeed, or fail with a message that names the cause; and whatever
happened, the store holds together (`git bitx verify`), and the next push mends it."""
import os
import re
import time

import faulty
import models
import pytest
import s3
import toxiproxy
import webdav
from reaching import PAIR, use_s3
from sandbox import same

BLOB_PUT = ("PUT", "/blobs/")
BLOB_GET = ("GET", r"/blobs/[^?]*$")


class Story:
    """A machine that reaches a store through something that fails, and a model to push there."""

    def __init__(self, machine, url, weights, failing):
        self.machine, self.url, self.failing = machine, url, failing
        self.weights = weights / PAIR / "base.safetensors"
        self.repository = machine.repository("model")
        self.give_up_after(3)
        self.git("bitx", "init", url)
        machine.commit(self.repository, "model", model=self.weights)

    def commit(self, file):
        """Another model takes the place of the first."""
        self.weights = file
        self.machine.commit(self.repository, "another", model=file)

    def give_up_after(self, seconds):
        self.git("config", "--global", f"bitx.{self.url}.retryFor", str(seconds))

    def git(self, *args, **options):
        return self.machine.git(self.repository, *args, **options)

    def push(self, **options):
        return self.git("push", "origin", "main", **options).stderr

    def pushed_and_cloned(self, name="clone"):
        """Push, verify, clone: all that a store is for."""
        self.push()
        self.git("bitx", "verify")
        self.clone(name)

    def clone(self, name="clone", fails=False):
        if fails:
            return self.machine.git(self.machine.root, "clone", self.machine.root / "model.git", name, fails=True).stderr
        clone = self.machine.clone(self.machine.root / "model.git", name)
        assert same(clone / "model.safetensors", self.weights)
        return ""


@pytest.fixture
def over_s3(machine, weights, start):
    """moto behind a proxy."""
    service = start(s3.moto)
    service.create_bucket("models")
    proxy = start(faulty.proxy, service.endpoint)
    service.endpoint = proxy.url
    use_s3(machine, service)
    return Story(machine, "s3://models/team-a", weights, proxy)


@pytest.fixture
def over_http(machine, weights, start):
    """nginx behind a proxy."""
    proxy = start(faulty.proxy, start(webdav.nginx).url)
    return Story(machine, f"{proxy.url}/models", weights, proxy)


TRANSIENT = {
    "500": faulty.s3_error(500, "InternalError"),
    "502 of a proxy": faulty.answer(502, "<html>Bad Gateway</html>"),
    "503 SlowDown": faulty.s3_error(503, "SlowDown", "Please reduce your request rate."),
    "429 with Retry-After": faulty.answer(429, "", Retry_After="1"),
    "400 RequestTimeout": faulty.s3_error(400, "RequestTimeout"),
    "no answer": faulty.drop,
    "a lost answer": faulty.lose_answer,
}


@pytest.mark.parametrize("spoil", TRANSIENT.values(), ids=TRANSIENT)
def test_what_passes_is_tried_again(over_s3, spoil):
    put = over_s3.failing.fault(*BLOB_PUT, spoil, times=1)
    recipe = over_s3.failing.fault("PUT", "/recipes/", spoil, times=1)
    get = over_s3.failing.fault(*BLOB_GET, spoil, times=1, skip=1)
    over_s3.pushed_and_cloned()
    assert put.hits == recipe.hits == get.hits == 1


READS = {
    "half a body": faulty.cut_body(0.5),
    "no body": faulty.cut_body(0),
    "no answer": faulty.drop,
}


@pytest.mark.parametrize("spoil", READS.values(), ids=READS)
def test_a_read_that_breaks_off_goes_on(over_http, spoil):
    over_http.push()
    cut = over_http.failing.fault(*BLOB_GET, spoil, times=2)
    over_http.clone()
    assert cut.hits == 2
    if spoil is READS["half a body"]:  # it went on where it broke off, not from the beginning
        ranges = [(r.path, *map(int, re.match(r"bytes=(\d+)-(\d+)", r.headers["range"]).groups()))
                  for r in over_http.failing.requests if r.method == "GET" and "range" in r.headers]
        assert any(path == whole[0] and whole[1] < begin <= end == whole[2]
                   for path, begin, end in ranges for whole in ranges), ranges


WRONG_ANSWERS = {
    # what is wrong with each read of a blob -> what the message must name
    "another range": (faulty.with_headers(Content_Range="bytes 7-8/1000000"), "another range"),
    "no Content-Range": (faulty.with_headers(Content_Range=None), "another range"),
    "compressed on the way": (faulty.with_headers(Content_Encoding="gzip"), "Content-Encoding"),
    "half of it, always": (faulty.cut_body(0), "tried"),
    "500": (faulty.answer(500, "oops"), "500"),
    "403": (faulty.answer(403, "no"), "403"),
    "an error in place of the object": (faulty.answer(200, "<Error><Code>InternalError</Code></Error>"), "blobs/"),
    "flipped bits": (faulty.with_body(lambda body: bytes(b ^ 1 for b in body)), "damaged"),
    "no bytes of it": (faulty.with_body(lambda body: b""), "only 0 of"),
}


@pytest.mark.parametrize("spoil, cause", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_a_read_that_stays_wrong_fails_and_says_why(over_http, spoil, cause):
    over_http.push()
    over_http.give_up_after(1)
    fault = over_http.failing.fault(*BLOB_GET, spoil)
    told = over_http.clone("spoilt", fails=True)
    assert "git-bitx: " in told and cause in told, told
    fault.times = 0
    over_http.clone()


@pytest.fixture
def large(tmp_path):
    """A model whose tensor is too large to be read by one request."""
    size = 4 << 20
    return models.write(tmp_path / "large", {"t": ("U8", [size], os.urandom(size))})


def test_an_object_that_changes_between_two_ranges(over_http, large):
    """Each range is of one version; where the second is of another, the blob is read again from its start."""
    over_http.commit(large)
    over_http.push()
    changed = over_http.failing.fault(*BLOB_GET, faulty.with_headers(ETag='"another"'), times=1, skip=1)
    over_http.clone()
    assert changed.hits == 1


def test_an_object_that_never_stops_changing(over_http, large):
    over_http.commit(large)
    over_http.push()
    count = iter(range(10_000))
    over_http.failing.fault(*BLOB_GET, lambda request, forward: faulty.with_headers(ETag=f'"{next(count)}"')(request, forward))
    told = over_http.clone("spoilt", fails=True)
    assert "has changed" in told and "blobs/" in told


REFUSALS = {
    # error of every write -> what the message must name
    "wrong signature": (faulty.s3_error(403, "SignatureDoesNotMatch", "no"), "SignatureDoesNotMatch.*secret key"),
    "expired token": (faulty.s3_error(400, "ExpiredToken", "The provided token has expired."), "ExpiredToken.*credentials"),
    "unknown key": (faulty.s3_error(403, "InvalidAccessKeyId"), "InvalidAccessKeyId.*access key"),
    "403": (faulty.s3_error(403, "AccessDenied", "Access Denied"), "AccessDenied.*do not allow"),
    "403 without words": (faulty.answer(403), "403.*credentials"),
    "no bucket": (faulty.s3_error(404, "NoSuchBucket"), "NoSuchBucket.*bucket"),
    "quota": (faulty.answer(507, "full"), "507.*quota"),
    "too large": (faulty.answer(413, "large"), "413.*larger"),
    "503 for ever": (faulty.s3_error(503, "SlowDown"), r"503.*SlowDown.*tried \d+ times"),
    "500 in a 200": (faulty.s3_error(200, "InternalError", "We encountered an internal error."), "InternalError"),
}


@pytest.mark.parametrize("spoil, cause", REFUSALS.values(), ids=REFUSALS)
def test_a_write_that_is_refused_fails_and_says_why(over_s3, spoil, cause):
    over_s3.give_up_after(1)
    fault = over_s3.failing.fault("PUT", "/(blobs|recipes)/", spoil)
    told = over_s3.push(fails=True)
    assert re.search(cause, told), told
    assert "git-bitx: " in told
    secret = over_s3.machine.env["AWS_SECRET_ACCESS_KEY"]
    assert secret not in told
    fault.times = 0
    over_s3.pushed_and_cloned()


def test_a_refusal_is_not_absence(over_s3):
    """A store that cannot be read is not taken for an empty one: nothing is written there."""
    over_s3.push()
    before = over_s3.failing.count("PUT")
    over_s3.failing.fault("GET", "/recipes/", faulty.s3_error(403, "AccessDenied"))
    over_s3.git("push", over_s3.machine.bare("again"), "main", fails=True)
    assert over_s3.failing.count("PUT") == before


def test_a_clock_that_is_off_is_corrected(over_s3):
    """The service says what time it is; the request is signed again for that time."""
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
    skewed = over_s3.failing.fault("GET", "/recipes/", faulty.s3_error(403, "RequestTimeTooSkewed", Date=later), times=1)
    over_s3.push()
    assert skewed.hits == 1
    dates = [r.headers["x-amz-date"] for r in over_s3.failing.requests if "/recipes/" in r.path]
    assert int(dates[1][9:11]) == (int(dates[0][9:11]) + 1) % 24


def test_a_region_that_the_service_names_is_used(over_s3):
    wrong = faulty.s3_error(400, "AuthorizationHeaderMalformed", x_amz_bucket_region="eu-west-3")
    over_s3.failing.fault(".*", "", lambda request, forward: forward() if "/eu-west-3/" in request.headers["authorization"]
                          else wrong(request, forward))
    before = len(over_s3.failing.requests)
    over_s3.push()
    scopes = [r.headers["authorization"] for r in over_s3.failing.requests[before:] if "/recipes/" in r.path]
    assert scopes and all("/eu-west-3/s3/" in scope for scope in scopes), "learnt once, then used"


def test_what_a_cache_says_is_absent_is_asked_for_again(over_http):
    over_http.push()
    stale = over_http.failing.fault("GET", "/recipes/", faulty.answer(404), times=1)
    over_http.clone()
    assert stale.hits == 1
    asked = [r.headers.get("cache-control") for r in over_http.failing.requests if r.method == "GET" and "/recipes/" in r.path]
    assert asked[-2:] == [None, "no-cache"]


def test_a_push_that_dies_leaves_a_store_that_holds_together(over_http):
    """The server goes away in the middle: blobs are there, the recipe is not; the next push ends it."""
    over_http.failing.fault("PUT", "/(blobs|recipes)/", faulty.drop, skip=1)
    told = over_http.push(fails=True)
    assert "tried" in told
    over_http.failing.faults.clear()
    over_http.pushed_and_cloned()


@pytest.fixture
def over_a_link(machine, weights, start):
    """nginx behind a network that can be spoilt."""
    link = start(toxiproxy.link, start(webdav.nginx).url)
    return Story(machine, f"{link.url}/models", weights, link)


TOXICS = {
    "latency": ("latency", dict(latency=60, jitter=20)),
    "slicing": ("slicer", dict(average_size=700, size_variation=300, delay=10)),
    "bandwidth": ("bandwidth", dict(rate=20_000)),
}


@pytest.mark.parametrize("kind, attributes", TOXICS.values(), ids=TOXICS)
def test_a_slow_network_is_only_slow(over_a_link, kind, attributes):
    for stream in "upstream", "downstream":
        over_a_link.failing.toxic(kind, stream, **attributes)
    over_a_link.pushed_and_cloned()


def test_connections_that_are_cut(over_a_link):
    """Each connection carries 400 kB and is closed: pulls go on where they stopped."""
    over_a_link.push()
    cut = over_a_link.failing.toxic("limit_data", bytes=400_000)
    over_a_link.clone()
    cut()


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_connections_that_are_reset(over_a_link, stream):
    reset = over_a_link.failing.toxic("reset_peer", stream, timeout=0)
    told = over_a_link.push(fails=True)
    assert "tried" in told and over_a_link.url.rsplit("/", 1)[0] in told
    reset()
    over_a_link.pushed_and_cloned()


def test_a_server_that_is_down(over_a_link):
    over_a_link.failing.down()
    told = over_a_link.push(fails=True)
    assert "cannot reach" in told and "tried" in told
    over_a_link.failing.down(False)
    over_a_link.pushed_and_cloned()
