"""The agent as git-lfs sees it: one JSON object a line; requests that fail alone; the ways in which it ends."""
import json
import signal
import subprocess
import time

import pytest
from sandbox import recipe_of, same

INIT = {"event": "init", "operation": "download", "remote": "origin", "concurrent": False, "concurrenttransfers": 8}
DOWNLOAD = {"event": "download", "action": None}
TERMINATE = {"event": "terminate"}


@pytest.fixture
def file(weights):
    return weights / "minilm-bf16" / "base.safetensors"


@pytest.fixture
def repository(machine, store, file):
    repository = machine.model("model", store, file)
    for path in (repository / ".git" / "lfs" / "objects").rglob("*"):  # so that a pull has to ask the store
        if path.is_file():
            path.unlink()
    return repository


def start(machine, repository):
    return subprocess.Popen(
        ["git-bitx", "agent"], cwd=repository, env=machine.env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def talk(machine, repository, *lines):
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    agent = start(machine, repository)
    out, err = agent.communicate(text, timeout=60)
    return agent.returncode, [json.loads(line) for line in out.splitlines()], err


def send(agent, line):
    agent.stdin.write(json.dumps(line) + "\n")
    agent.stdin.flush()


def test_a_download_with_progress_at_once_and_to_the_end(machine, repository, file):
    oid, size = recipe_of(file)[-64:], file.stat().st_size
    code, answers, _ = talk(machine, repository, INIT, {**DOWNLOAD, "oid": oid, "size": size}, TERMINATE)
    assert code == 0 and answers[0] == {}
    progress = [a for a in answers if a.get("event") == "progress"]
    assert progress[0]["bytesSoFar"] == 1
    assert progress[-1]["bytesSoFar"] == size == sum(p["bytesSinceLast"] for p in progress)
    assert [p["bytesSoFar"] for p in progress] == sorted(p["bytesSoFar"] for p in progress)
    assert len(progress) < 50
    complete = answers[-1]
    assert complete["event"] == "complete" and complete["oid"] == oid and "error" not in complete
    assert same(complete["path"], file)


def test_an_object_that_is_absent_fails_alone(machine, repository, file, store):
    oid = recipe_of(file)[-64:]
    requests = [{**DOWNLOAD, "oid": "a" * 64, "size": 10}, {**DOWNLOAD, "oid": oid, "size": file.stat().st_size}]
    code, answers, _ = talk(machine, repository, INIT, *requests, TERMINATE)
    first, second = [a for a in answers if a.get("event") == "complete"]
    assert code == 0
    assert "a" * 64 in first["error"]["message"] and str(store) in first["error"]["message"]
    assert "error" not in second and same(second["path"], file)


def test_a_line_that_is_not_json(machine, repository):
    """Out of step for good: the agent ends and says why."""
    code, answers, err = talk(machine, repository, INIT, "this is not JSON", TERMINATE)
    assert answers[0] == {}
    assert code == 1 and "JSON" in err


@pytest.mark.parametrize("oid", ["../../../etc/passwd", "", "A" * 64, "a" * 63])
def test_an_oid_that_is_none(machine, repository, oid):
    _, answers, _ = talk(machine, repository, INIT, {**DOWNLOAD, "oid": oid, "size": 1}, TERMINATE)
    complete = [a for a in answers if a.get("event") == "complete"]
    assert len(complete) == 1 and complete[0]["oid"] == oid and "error" in complete[0]


def test_an_upload_of_a_path_that_is_not_there(machine, repository, tmp_path):
    upload = {"event": "upload", "oid": "b" * 64, "size": 5, "path": str(tmp_path / "none"), "action": None}
    code, answers, _ = talk(machine, repository, {**INIT, "operation": "upload"}, upload, TERMINATE)
    complete = [a for a in answers if a.get("event") == "complete"]
    assert code == 0 and len(complete) == 1 and str(tmp_path / "none") in complete[0]["error"]["message"]


def test_init_fails_where_the_store_is_not(machine, repository, store):
    store.rename(store.parent / "gone")
    _, answers, _ = talk(machine, repository, INIT, TERMINATE)
    assert str(store) in json.dumps(answers[0]["error"] if "error" in answers[0] else answers)


def test_text_as_go_escapes_it(machine, repository, store):
    line = json.dumps({**INIT, "remote": "a&b<c>"}).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    _, answers, _ = talk(machine, repository, line, TERMINATE)
    assert answers[0] == {}


def test_it_ends_at_end_of_input(machine, repository):
    assert talk(machine, repository, INIT)[:2] == (0, [{}])
    assert talk(machine, repository)[:2] == (0, [])


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it(machine, repository, name):
    agent = start(machine, repository)
    send(agent, INIT)
    assert json.loads(agent.stdout.readline()) == {}
    agent.send_signal(getattr(signal, name))
    agent.wait(timeout=10)
    agent.communicate()


def test_a_signal_in_the_middle_of_a_download_leaves_no_file(machine, store, repository, file):
    agent = start(machine, repository)
    send(agent, INIT)
    send(agent, {**DOWNLOAD, "oid": recipe_of(file)[-64:], "size": file.stat().st_size})
    agent.stdout.readline()
    agent.stdout.readline()
    agent.send_signal(signal.SIGTERM)
    agent.wait(timeout=10)
    agent.communicate()
    assert not [p for p in (repository / ".git" / "lfs" / "objects").rglob("*") if p.is_file()]


def test_it_ends_when_nobody_reads_its_answers(machine, repository, file):
    agent = start(machine, repository)
    send(agent, INIT)
    agent.stdout.readline()
    agent.stdout.close()
    request = {**DOWNLOAD, "oid": recipe_of(file)[-64:], "size": file.stat().st_size}
    try:
        for _ in range(3):
            send(agent, request)
            time.sleep(0.3)
        agent.stdin.close()
    except BrokenPipeError:
        pass
    agent.wait(timeout=10)
    agent.stderr.close()
