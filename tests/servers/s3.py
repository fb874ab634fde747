"""S3 services: moto, OpenStack Swift (strict about signatures), versitygw."""

import contextlib
import hashlib
import hmac
import http.client
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from process import free_port, program, running, scratch

REGION = "us-east-1"


@dataclass
class S3Service:
    endpoint: str
    key: str
    secret: str
    log: Path

    def create_bucket(self, name):
        status, body = self.request("PUT", f"/{name}")
        assert status in (200, 409), (status, body)

    def request(self, method, path):
        """One signed request (AWS Signature Version 4), by this module's own means: no check of the engine's."""
        host = urlsplit(self.endpoint).netloc
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        empty = hashlib.sha256(b"").hexdigest()
        canonical = (f"{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{date}\n\n"
                     f"host;x-amz-content-sha256;x-amz-date\n{empty}")
        scope = f"{date[:8]}/{REGION}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self.secret.encode()
        for part in (date[:8], REGION, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
        connection = http.client.HTTPConnection(host)
        connection.request(method, path, headers={
            "x-amz-date": date, "x-amz-content-sha256": empty, "Content-Length": "0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, "
                             f"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"})
        response = connection.getresponse()
        return response.status, response.read()


@contextlib.contextmanager
def moto():
    """In memory; checks no signature."""
    executable = program("moto_server")
    with scratch("moto") as home:
        port = free_port()
        with running([executable, "-H", "127.0.0.1", "-p", str(port)], port, home / "log"):
            yield S3Service(f"http://127.0.0.1:{port}", "any", "thing", home / "log")


@contextlib.contextmanager
def versitygw():
    """S3 over a folder; strict, with conditional writes."""
    executable = program("versitygw")
    with scratch("versitygw") as home:
        port = free_port()
        (home / "data").mkdir()
        with running([executable, "--access", "tester", "--secret", "testing", "--port", f"127.0.0.1:{port}",
                      "--region", REGION, "posix", str(home / "data")], port, home / "log"):
            yield S3Service(f"http://127.0.0.1:{port}", "tester", "testing", home / "log")


SWIFT_STORAGE = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
devices = {home}/devices
mount_check = false
disable_fallocate = true
workers = 0
user = {user}
swift_dir = {home}
log_address = {home}/no-log
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
replication_one_per_device = no
"""

SWIFT_PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {home}
log_address = {home}/no-log
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
min_segment_size = 1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
minimum_segment_size = 1
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}
"""


@contextlib.contextmanager
def swift():
    """OpenStack Swift with s3api: checks signature, region, clock and body hash; 501 for If-None-Match on PUT."""
    builder = program("swift-ring-builder")
    memcached = program("memcached")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    with scratch("swift") as home, contextlib.ExitStack() as servers:
        (home / "devices/d1").mkdir(parents=True)
        (home / "swift.conf").write_text("[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n"
                                         "[storage-policy:0]\nname = gold\ndefault = yes\n")
        ports = {kind: free_port() for kind in ("account", "container", "object", "proxy", "memcached")}
        for kind in ("account", "container", "object"):
            for arguments in (["create", "4", "1", "0"], ["add", f"r1z1-127.0.0.1:{ports[kind]}/d1", "1"],
                              ["rebalance"]):
                # A rebalance of a single device exits with a warning.
                done = subprocess.run([builder, f"{kind}.builder", *arguments], cwd=home, capture_output=True, text=True)
                assert done.returncode in (0, 1), done.stdout
            (home / f"{kind}.conf").write_text(
                SWIFT_STORAGE.format(kind=kind, port=ports[kind], home=home, user=user))
        extra = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n"
                        for name in ("catch_errors", "gatekeeper", "listing_formats", "bulk", "dlo"))
        (home / "proxy.conf").write_text(SWIFT_PROXY.format(port=ports["proxy"], memcached=ports["memcached"],
                                                            home=home, user=user) + extra)
        servers.enter_context(running([memcached, "-u", user, "-l", "127.0.0.1", "-p", str(ports["memcached"])],
                                      ports["memcached"], home / "memcached.log"))
        for kind in ("account", "container", "object", "proxy"):
            servers.enter_context(running([program(f"swift-{kind}-server"), str(home / f"{kind}.conf")], ports[kind],
                                          home / f"{kind}.log", env=dict(os.environ, SWIFT_DIR=str(home)), gently=False))
        yield S3Service(f"http://127.0.0.1:{ports['proxy']}", "test:tester", "testing", home / "proxy.log")
