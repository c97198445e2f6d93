"""Without root and without Debian's packages the tests name the one command that brings them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "packages.sh"


def run(folder: Path, *, installed: str, user: int = 1000) -> subprocess.CompletedProcess[str]:
    """Look for the packages as somebody, on a machine that says what is installed."""
    for name, does in {"dpkg-query": f"echo '{installed}'", "id": f"echo {user}"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", str(SCRIPT)], env={**os.environ, "PATH": path}, capture_output=True, text=True
    )


def test_what_is_missing_is_one_command_and_exit_code_1(tmp_path: Path) -> None:
    done = run(tmp_path, installed="unknown ok not-installed")
    wanted = SCRIPT.with_name("packages").read_text().split()
    command = "sudo apt-get install -y " + " ".join(wanted)
    assert "chromium" in wanted
    assert done.returncode == 1
    assert done.stderr == f"The tests need Debian packages. Run: {command}\n"
    assert done.stdout == ""


def test_what_is_there_is_not_asked_for(tmp_path: Path) -> None:
    done = run(tmp_path, installed="install ok installed")
    assert (done.returncode, done.stderr) == (0, "")
