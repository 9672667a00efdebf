"""Makes the virtual environment from the lock file, with the standard library only.

Usage: install.py VENV DJANGO STAMP. Of two at once, the second waits and finds the work done. What
is installed is what the lock file says, hash for hash; DJANGO (may be empty) replaces Django then.
The project itself is not installed: it runs from its checkout.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

INPUTS = ("requirements.lock", "pyproject.toml")


def main(venv_name: str, django: str, stamp_name: str) -> int:
    environment, stamp = Path(venv_name), Path(stamp_name)
    with Path(f"{venv_name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another set-up of {environment} …", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint(django)
        if stamp.exists() and stamp.read_text() == wanted and works(environment):
            stamp.touch()
            return 0
        print(f"Setting up {environment} (a minute or two, once) …", file=sys.stderr, flush=True)
        try:
            install(environment, django)
        except subprocess.CalledProcessError as error:
            print(
                f"{environment} is incomplete: installing failed (exit {error.returncode}).\n"
                "Next: mend what is said above, then the same command again.",
                file=sys.stderr,
            )
            return 1
        for older in environment.glob(".ready*"):
            older.unlink()
        stamp.write_text(wanted)
    return 0


def fingerprint(django: str) -> str:
    """What the environment is made from."""
    digest = hashlib.sha256(f"{sys.version}\0{django}\0".encode())
    for name in INPUTS:
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()


def works(environment: Path) -> bool:
    python = environment / "bin" / "python"
    if not python.exists():
        return False
    asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def install(environment: Path, django: str) -> None:
    if not works(environment):
        venv.create(environment, clear=True, with_pip=True)
    pip(environment, "--require-hashes", "--requirement", "requirements.lock")
    if django:
        pip(environment, f"Django=={django}.*")


def pip(environment: Path, *arguments: str) -> None:
    command = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
    ]
    subprocess.run(
        [*command, "--quiet", *arguments], check=True, env={**os.environ, "PIP_USER": "0"}
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
