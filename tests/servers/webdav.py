"""nginx, Apache and lighttpd as WebDAV servers and as static mirrors."""

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from process import free_port, program, running, scratch

USER = "ann"
PASSWORD = "pa:ss wörd%41"


@dataclass
class WebServer:
    url: str
    folder: Path  # what it serves
    log: Path
    ca: Path | None = None


def private_ca(folder):
    """A certificate authority and a certificate of its for 127.0.0.1 and localhost: ca.pem, cert.pem, key.pem."""
    def openssl(*arguments):
        subprocess.run([program("openssl"), *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=git-bitx test CA", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "cert.pem", "-days", "2", "-extfile", "extensions")
    return folder / "ca.pem"


@contextlib.contextmanager
def nginx(dav=True, tls=False, folder=None, extra=""):
    """dav: takes PUT and DELETE, makes missing folders. Else a static mirror of `folder`."""
    executable = program("nginx")
    with scratch("nginx") as home:
        port = free_port()
        root = Path(folder) if folder else home / "data"
        root.mkdir(exist_ok=True)
        ca = private_ca(home) if tls else None
        methods = "dav_methods PUT DELETE MKCOL; create_full_put_path on;" if dav else ""
        listen = (f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {home}/cert.pem; "
                  f"ssl_certificate_key {home}/key.pem;") if tls else f"listen 127.0.0.1:{port};"
        temporary = "".join(f"{kind}_temp_path {home}/tmp-{kind};"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root root;" if os.geteuid() == 0 else ""
        (home / "nginx.conf").write_text(
            f"daemon off; pid {home}/pid; error_log {home}/error.log; worker_processes 2; {user}\n"
            f"events {{}}\nhttp {{ access_log {home}/access.log; {temporary} client_max_body_size 0;\n"
            f"server {{ {listen} root {root}; location / {{ {methods} {extra} }} }} }}\n")
        with running([executable, "-p", str(home), "-c", "nginx.conf", "-e", f"{home}/error.log"], port, home / "out"):
            yield WebServer(f"http{'s' if tls else ''}://127.0.0.1:{port}", root, home / "access.log", ca)


@contextlib.contextmanager
def apache(password=True):
    """mod_dav: wants MKCOL, knows If-None-Match, lists; with Basic authentication for USER."""
    executable = program("apache2", "httpd")
    with scratch("apache") as home:
        port = free_port()
        data = home / "data"
        data.mkdir()
        modules = Path("/usr/lib/apache2/modules")
        load = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n"
                       for name in ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic",
                                    "dav", "dav_fs"))
        (home / "users").write_bytes(f"{USER}:{crypt_password()}\n".encode())
        (home / "users").chmod(0o644)
        protect = (f"AuthType Basic\nAuthName store\nAuthUserFile {home}/users\nRequire valid-user\n"
                   if password else "Require all granted\n")
        user = ""
        if os.geteuid() == 0:
            user = "User www-data\nGroup www-data\n"
            shutil.chown(data, "www-data", "www-data")
            shutil.chown(home, "www-data", "www-data")
        (home / "apache.conf").write_text(
            f"{load}ServerRoot {home}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {home}/pid\n"
            f"DefaultRuntimeDir {home}\nErrorLog {home}/error.log\n"
            f"{user}DocumentRoot {data}\nDavLockDB {home}/lock\nLimitRequestBody 0\n"
            f"<Directory {data}>\nDav On\n{protect}</Directory>\n")
        with running([executable, "-DFOREGROUND", "-f", str(home / "apache.conf")], port, home / "out"):
            yield WebServer(f"http://127.0.0.1:{port}", data, home / "error.log")


def crypt_password():
    """PASSWORD as Apache's password file has it."""
    done = subprocess.run([program("openssl"), "passwd", "-apr1", "-stdin"], input=PASSWORD.encode() + b"\n",
                          capture_output=True, check=True)
    return done.stdout.decode().strip()


@contextlib.contextmanager
def lighttpd():
    executable = program("lighttpd")
    with scratch("lighttpd") as home:
        port = free_port()
        data = home / "data"
        data.mkdir()
        (home / "lighttpd.conf").write_text(
            f'server.document-root = "{data}"\nserver.port = {port}\nserver.bind = "127.0.0.1"\n'
            f'server.errorlog = "{home}/error.log"\nserver.upload-dirs = ("{home}")\n'
            f'server.modules = ("mod_webdav")\nwebdav.activate = "enable"\n')
        with running([executable, "-D", "-f", str(home / "lighttpd.conf")], port, home / "out"):
            yield WebServer(f"http://127.0.0.1:{port}", data, home / "error.log")
