"""The conformance suite (conformance_test, in C++) against real servers."""

import os
import subprocess
from pathlib import Path

import faulty
import pytest
import s3
import webdav

PROGRAM = Path(os.environ.get("BITX_BUILD", Path(__file__).parents[2] / "build/release")) / "tests/conformance_test"


def conforms(url, *options, user="", password="", ca=None, **more):
    # A proxy of the surroundings is no part of the test.
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment |= {"BITX_TEST_USER": user, "BITX_TEST_PASSWORD": password, "BITX_TEST_CA": str(ca or "")} | more
    done = subprocess.run([PROGRAM, f"--url={url}", *options], env=environment, capture_output=True, text=True,
                          timeout=600)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert "| 0 skipped" in done.stdout, done.stdout


def test_nginx_dav(start):
    """nginx ignores If-None-Match and knows no PROPFIND."""
    server = start(webdav.nginx)
    conforms(server.url + "/a%20store", "--without=list,create-if-absent")


def test_nginx_tls_http2(start):
    server = start(webdav.nginx, tls=True)
    conforms(server.url + "/store", "--without=list,create-if-absent", ca=server.ca)
    assert '" 201 ' in server.log.read_text() and "HTTP/2.0" in server.log.read_text()


def test_apache_dav_with_password(start):
    """mod_dav looks whether the object is there, and writes then; and a get takes size and ETag of one file, bytes
    of the next. Frames and checksums find that; here it is only known."""
    server = start(webdav.apache)
    conforms(server.url + "/store", "--without=atomic-create,atomic-replace", user=webdav.USER, password=webdav.PASSWORD)


def test_lighttpd_dav(start):
    """mod_webdav answers 500 to a PUT without bytes; nothing that a store holds is empty."""
    conforms(start(webdav.lighttpd).url + "/store", "--without=empty-objects")


def s3_conforms(service, *options, **more):
    service.create_bucket("models")
    conforms("s3://models/team-a/x", *options, user=service.key, password=service.secret,
             BITX_TEST_ENDPOINT=service.endpoint, BITX_TEST_PART_SIZE=str(5 << 20), **more)


def test_moto(start):
    """Not made for requests at the same moment: a get while the object is replaced may be a 500."""
    s3_conforms(start(s3.moto), "--without=atomic-create,atomic-replace")


def test_swift_is_strict(start):
    """Create-only is 501 there: asked by HEAD before, which two writers at once both pass."""
    s3_conforms(start(s3.swift), "--without=atomic-create")


def test_versitygw(start):
    s3_conforms(start(s3.versitygw))


def test_a_multipart_upload_that_fails_is_aborted(start):
    """Parts that stay cost their owner money."""
    service = start(s3.moto)
    service.create_bucket("models")
    proxy = start(faulty.proxy, service.endpoint)
    refused = proxy.fault("PUT", "partNumber=2", faulty.s3_error(403, "AccessDenied"))
    service.endpoint = proxy.url
    with pytest.raises(AssertionError, match="AccessDenied"):
        s3_conforms(service, "--test-case=a file is put*")
    begun = proxy.count("POST", r"\?uploads")
    assert refused.hits == begun > 0
    assert proxy.count("DELETE", "uploadId=") == begun
    assert proxy.count("POST", "uploadId=") == 0
