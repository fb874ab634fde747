"""What pushes and clones cost in requests: a model of many tensors must not cost a round trip for each that is known."""
import collections
import os

import faulty
import models
import pytest
import s3
import webdav
from reaching import use_s3
from sandbox import same

TENSORS = 24
MiB = 1 << 20
FIXED = 9  # requests that a push or a clone makes whatever its size: bitx.json, recipes, manifests, folders


@pytest.fixture(params=["s3", "webdav that lists", "webdav that does not"])
def server(request, machine, start):
    """A recording proxy before a server, the store's URL, and the requests that finding out about one new tensor costs."""
    if request.param == "s3":
        service = start(s3.moto)
        service.create_bucket("models")
        proxy = start(faulty.proxy, service.endpoint)
        service.endpoint = proxy.url
        use_s3(machine, service)
        return proxy, "s3://models/x", 1
    lists = request.param == "webdav that lists"
    proxy = start(faulty.proxy, start(webdav.lighttpd if lists else webdav.nginx).url)
    return proxy, f"{proxy.url}/models", 1 if lists else 4


class Meter:
    def __init__(self, proxy):
        self.proxy = proxy
        self.begin()

    def begin(self):
        self.start = len(self.proxy.requests)

    def end(self):
        """Requests by method, and together as "all"."""
        count = collections.Counter(r.method for r in self.proxy.requests[self.start:])
        count["all"] = sum(count.values())
        self.begin()
        return count


def test_requests_grow_with_what_is_new(machine, server, tmp_path):
    proxy, url, asking = server
    file = tmp_path / "model"
    tensors = {f"t{i}": ("U8", [1024, 1024], os.urandom(MiB)) for i in range(TENSORS)}
    models.write(file, tensors)
    repository = machine.repository("base")
    machine.git(repository, "bitx", "init", url)
    machine.commit(repository, "base", model=file)
    meter = Meter(proxy)

    machine.git(repository, "push", "origin", "main")
    new = meter.end()
    folders = new["MKCOL"]
    # A server that wants its folders made refuses the first writes: as many as are sent at once.
    refused = 8 if folders else 0
    assert TENSORS < new["PUT"] <= TENSORS + 4 + refused
    # That a server does not list is found out by as many as ask at once.
    trying = 8 if asking > 1 else 0
    assert new["all"] - folders <= TENSORS * (1 + asking) + FIXED + refused + trying, new

    machine.clone(machine.root / "base.git", "clone")
    clone = meter.end()
    assert clone["all"] <= TENSORS + 3, clone  # bitx.json, the recipe, and the bundle of what is small

    # The next version changes three tensors: what the version before has is known from its recipe.
    for name in "t3", "t8", "t15":
        tensors[name] = ("U8", [1024, 1024], os.urandom(MiB))
    models.write(file, tensors)
    machine.commit(repository, "next", model=file)
    meter.begin()
    machine.git(repository, "push", "origin", "main")
    changed = meter.end()
    assert 3 < changed["PUT"] <= 3 + 4 + changed["MKCOL"]
    # Three of 24: the look-up, what they are coded against, and the new ones.
    assert changed["all"] - changed["MKCOL"] - 3 * (changed["MKCOL"] > 0) <= 3 * (asking + 2) + FIXED + trying, changed

    machine.git(repository, "push", machine.bare("again"), "main")
    again = meter.end()
    assert again["PUT"] == 0
    assert again["all"] <= TENSORS + FIXED, again
    assert same(machine.clone(machine.root / "base.git", "second") / "model.safetensors", file)
