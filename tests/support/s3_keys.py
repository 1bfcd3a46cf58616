"""Keys of the embedded S3 beside its own, added and removed while it runs."""

import subprocess
from pathlib import Path

import psutil

from infra.embedded.engine import Engine
from infra.embedded.wheels import script

PATIENCE = 120  # seconds


def add_key(s3: Engine, name: str, bucket: str) -> None:
    """Adds a key that may read, write, list and lock objects of a bucket; its secret is its name three times."""
    rights = "Read,Write,List,Tagging,GetObjectRetention,PutObjectRetention,GetBucketObjectLockConfiguration"
    _run(s3, f"s3.configure -user={name} -access_key={name} -secret_key={3 * name} -actions={rights} -buckets={bucket}")


def remove_key(s3: Engine, name: str) -> None:
    _run(s3, f"s3.configure -user={name} -delete")


def _run(s3: Engine, command: str) -> None:
    """Runs a command in the server's own shell."""
    options = dict(part[1:].split("=", 1) for part in psutil.Process(s3.pid).cmdline() if part.startswith("-"))
    places = [
        f"-{part}=127.0.0.1:{options[f'{part}.port']}.{options[f'{part}.port.grpc']}" for part in ("master", "filer")
    ]
    done = subprocess.run(
        [script("s3", "weed"), "shell", *places],
        input=f"lock\n{command} -apply\nunlock\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        env={"HOME": str(Path(s3.folder))},
    )
    assert "error" not in done.stdout + done.stderr, done.stdout + done.stderr
