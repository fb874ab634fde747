"""How a machine is told to reach a store on a server."""
import stat

# The pair of models that tests of servers push: the smallest.
PAIR = "minilm-f16"


def use_s3(machine, service, store="s3://models"):
    """Lets the machine reach a bucket where the service is, with credentials from the environment."""
    service.create_bucket("models")
    machine.git(machine.home, "config", "--global", f"bitx.{store}.endpoint", service.endpoint)
    machine.env |= {"AWS_ACCESS_KEY_ID": service.key, "AWS_SECRET_ACCESS_KEY": service.secret}


def use_credential_helper(machine, user, password):
    """A credential helper that knows one user. Returns the log of what git asked it and told it."""
    log = machine.root / "credentials.log"
    helper = machine.bin / "git-credential-test"
    helper.write_text(f"""#!/bin/sh
{{ echo "$1"; cat; }} >>{log}
[ "$1" != get ] || printf 'username=%s\\npassword=%s\\n' '{user}' '{password}'
""")
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    machine.git(machine.home, "config", "--global", "credential.helper", "test")
    return log
