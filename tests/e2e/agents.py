"""Agents under observation: git-lfs is told to start a wrapper, which starts git-bitx under strace, or beside a meter."""
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from sandbox import program

DURABLE_CALLS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,mkdir,mkdirat"


def wrap(machine, name, script):
    """An executable that stands for git-bitx when git-lfs starts it: `script` ends by running "$@" or "$BITX"."""
    path = machine.bin / name
    path.write_text(f"#!/bin/bash\nBITX={program()}\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def use(machine, repository, wrapper):
    """Lets git-lfs start the wrapper in this repository."""
    machine.git(repository, "config", "lfs.customtransfer.bitx.path", wrapper)


def needs_strace():
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True)
    if done.returncode != 0:
        pytest.skip("strace cannot trace here: " + done.stderr.decode(errors="replace").strip())


def traced(machine, name, log, *options):
    """A wrapper under strace, its log at `log`."""
    needs_strace()
    given = " ".join(options)
    return wrap(machine, name, f'exec strace -f -y --seccomp-bpf -o "{log}" {given} "$BITX" "$@"')


def killed_after(machine, repository, count, names, *command):
    """Runs a git command in the repository; its agent is killed (SIGKILL) when the `count`-th of its system calls of
    these names has returned, before the next one is done. Returns (exit status, whether it came to that)."""
    log = machine.root / f"killed-{count}.log"
    # The delay gives time to see the log grow; strace counts calls by thread, so it cannot kill by itself.
    use(machine, repository, traced(machine, "killed", log, "-e", f"trace={names}", "-e", f"inject={names}:delay_enter=15000"))
    process = subprocess.Popen(["git", *command], cwd=repository, env=machine.env, stderr=subprocess.DEVNULL)
    victim = None
    while process.poll() is None and victim is None:
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        done = [line for line in lines if re.search(r"= \d+", line)]
        if len(done) >= count:
            victim = int(done[-1].split()[0])
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                victim = None
                break
        time.sleep(0.001)
    return process.wait(timeout=120), victim is not None


def calls(log):
    """The system calls of a strace log, in order of their end: (name, whole line's arguments). Interrupted lines are
    joined; what failed is left out."""
    begun, found = {}, []
    for line in Path(log).read_text(errors="replace").splitlines():
        if not (match := re.match(r"(\d+) +(.*)", line)):
            continue
        thread, text = match.groups()
        if text.endswith("<unfinished ...>"):
            begun[thread] = text[: -len("<unfinished ...>")]
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", text):
            text = begun.pop(thread, "") + resumed.group(1)
        if match := re.match(r"(\w+)\((.*)\) += (-?\d+)", text):
            name, arguments, result = match.groups()
            if int(result) >= 0:
                found.append((name, arguments))
    return found


def metered(machine, name, log):
    """A wrapper that appends the peak resident memory of each run, in KiB, to `log`."""
    path = machine.bin / name
    path.write_text(
        "#!/usr/bin/python3\n"
        "import os, resource, subprocess, sys\n"
        f"code = subprocess.call(['{program()}'] + sys.argv[1:])\n"
        f"open('{log}', 'a').write(f'{{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}}\\n')\n"
        "sys.exit(code)\n"
    )
    path.chmod(0o755)
    return path
