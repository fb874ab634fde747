"""`git bitx doctor`: what it says of stores that work, of such that lack something, and of broken ones."""
import json
import shutil
import time

import faulty
import pytest
import s3
import webdav
from reaching import use_credential_helper, use_s3


def diagnose(machine, url, fails=False, cwd=None):
    """check -> (health, detail)"""
    done = machine.git(cwd or machine.home, "bitx", "doctor", *([url] if url else []), "--json", fails=fails)
    return {f["check"]: (f["health"], f["detail"]) for f in json.loads(done.stdout)}


def health(findings):
    return {check: state for check, (state, _) in findings.items() if state != "ok"}


def test_a_folder(machine, store):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", f"file://{store}")
    findings = diagnose(machine, "", cwd=repository)
    assert health(findings) == {}
    assert set(findings) == {"git-lfs", "hook", "store", "write", "ranges", "versions", "create only", "list", "remove"}
    assert [p.name for p in store.rglob("*") if p.is_file()] == ["bitx.json"]
    printed = machine.git(repository, "bitx", "doctor").stdout
    assert "ok     store: " in printed and str(store) in printed


def test_a_folder_without_a_store(machine, store):
    findings = diagnose(machine, f"file://{store}")
    assert findings["store"][0] == "note" and "git bitx init" in findings["store"][1]
    assert not store.exists()


def test_s3(machine, start):
    use_s3(machine, start(s3.moto))
    findings = diagnose(machine, "s3://models/x")
    assert health(findings) == {"store": "note"}  # there is none yet
    assert findings["credentials"] == ("ok", findings["credentials"][1]) and "user any" in findings["credentials"][1]
    assert findings["clock"][0] == "ok"


def test_webdav_with_a_password(machine, start):
    server = start(webdav.apache)
    use_credential_helper(machine, webdav.USER, webdav.PASSWORD)
    url = server.url + "/models"
    machine.git(machine.repository("model"), "bitx", "init", url)
    assert health(diagnose(machine, url)) == {}

    use_credential_helper(machine, webdav.USER, "wrong")
    findings = diagnose(machine, url, fails=True)
    assert findings["store"][0] == "fault" and "401" in findings["store"][1]
    assert findings["credentials"][0] == "fault" and webdav.USER in findings["credentials"][1]
    assert "wrong" not in str(findings)


def test_webdav_of_nginx_lacks_two_things(machine, start):
    """It ignores If-None-Match and lists nothing."""
    findings = diagnose(machine, start(webdav.nginx).url + "/models")
    assert health(findings) == {"store": "note", "create only": "note", "list": "note"}


def test_a_mirror(machine, store, start):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", f"file://{store}")
    findings = diagnose(machine, start(webdav.nginx, dav=False, folder=store).url)
    assert health(findings) == {"write": "note"}
    assert "can only be read" in findings["write"][1]


@pytest.fixture
def broken(machine, start):
    proxy = start(faulty.proxy, start(webdav.nginx).url)
    machine.git(machine.repository("model"), "bitx", "init", f"{proxy.url}/models")
    return proxy


def test_a_server_that_breaks_its_answers(machine, broken):
    def only(check, spoil, method="GET", path="/gc/"):
        broken.faults = [faulty.Fault(method, path, spoil)]
        findings = diagnose(machine, f"{broken.url}/models", fails=True)
        assert findings[check][0] == "fault", findings
        return findings[check][1]

    assert "500" in only("store", faulty.answer(500), path="bitx.json")
    assert "damaged" in only("store", faulty.answer(200, "<html>Welcome</html>"), path="bitx.json")
    assert "403" in only("write", faulty.answer(403), method="PUT")
    assert "something else" in only("write", faulty.with_body(lambda body: bytes(len(body))))
    assert "another range" in only("ranges", lambda request, forward: faulty.with_headers(
        Content_Range="bytes 0-3/27")(request, forward) if "range" in request.headers else forward())
    constant = faulty.with_headers(ETag='"constant"')
    assert "ETag" in only("versions", constant, method="GET|HEAD")
    assert "403" in only("remove", faulty.answer(403), method="DELETE", path="/gc/doctor")


def test_a_server_that_sends_no_ranges(machine, broken):
    broken.faults = [faulty.Fault("GET", "", lambda request, forward: broken.forward(faulty.Request(
        request.method, request.path, {k: v for k, v in request.headers.items() if k != "range"})))]
    assert diagnose(machine, f"{broken.url}/models")["ranges"][0] == "note"


def test_a_clock_that_is_off(machine, broken):
    early = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 7200))
    broken.faults = [faulty.Fault(".*", "", faulty.with_headers(Date=early))]
    state, detail = diagnose(machine, f"{broken.url}/models", fails=True)["clock"]
    assert state == "fault" and "ahead" in detail and "timedatectl" in detail


def test_nobody_there(machine):
    begun = time.monotonic()
    findings = diagnose(machine, "http://127.0.0.1:9/models", fails=True)
    assert "cannot reach" in findings["store"][1]
    assert time.monotonic() - begun < 20


def test_a_machine_without_installation(bare_machine, store):
    findings = diagnose(bare_machine, f"file://{store}", fails=True)
    assert findings["git-lfs"][0] == "fault" and "git bitx install" in findings["git-lfs"][1]


def test_a_hook_that_is_gone(machine, store):
    repository = machine.repository("model")
    machine.git(repository, "bitx", "init", f"file://{store}")
    shutil.rmtree(repository / ".git" / "hooks")
    findings = diagnose(machine, "", cwd=repository)
    assert findings["hook"][0] == "note" and "git bitx init" in findings["hook"][1]


def test_outside_of_a_repository_a_store_must_be_named(machine):
    done = machine.git(machine.home, "bitx", "doctor", fails=True)
    assert done.returncode == 2 and "name the store" in done.stderr
