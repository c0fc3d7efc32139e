"""run.py in a small tree of its own: sets up once, hands over, says what is missing."""

import ast
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a shell script")

APPLICATION = """
import os, sys
print(os.getcwd(), *sys.argv[1:])
sys.exit(int(os.environ.get("CODE", "0")))
"""


class Tree:
    """A checkout with an application that prints its arguments and an installer that notes."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.tools = folder / "tools"
        self.calls = folder / "calls"
        (self.root / "bot").mkdir(parents=True)
        (self.root / "bot" / "__init__.py").touch()
        (self.root / "bot" / "__main__.py").write_text(APPLICATION)
        shutil.copy(ROOT / "run.py", self.root)
        (self.root / "requirements.txt").write_text("# nothing\n")
        (self.root / "requirements-dev.txt").write_text("# nothing\n")
        self.tools.mkdir()
        self.installer(0)

    def installer(self, code: int) -> None:
        uv = self.tools / "uv"
        words = "could not reach registry.internal.example"
        uv.write_text(f'#!/bin/sh\necho "$@" >> {self.calls}\necho {words} >&2\nexit {code}\n')
        uv.chmod(0o755)

    def run(self, *arguments: str, cwd: Path | None = None, **environment: str):
        return subprocess.run(
            [sys.executable, str(self.root / "run.py"), *arguments],
            cwd=cwd or self.root,
            env={
                "PATH": f"{self.tools}{os.pathsep}/usr/bin:/bin",
                "PIP_NO_INDEX": "1",
                "PIP_CONFIG_FILE": os.devnull,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )

    def installs(self) -> int:
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0


@pytest.fixture
def empty_tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture
def tree(empty_tree):
    """A tree that has its environment; making one takes seconds."""
    venv.create(empty_tree.root / ".venv", with_pip=False)
    return empty_tree


def test_the_first_start_installs_and_hands_over_in_the_callers_folder(empty_tree, tmp_path):
    run = empty_tree.run("check", "my file.yaml", "--lang", "de", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{tmp_path} check my file.yaml --lang de\n"
    assert empty_tree.installs() == 1


def test_later_starts_install_nothing_until_the_requirements_change(tree):
    tree.run("check")
    tree.run("check")
    assert tree.installs() == 1
    (tree.root / "requirements.txt").write_text("# something\n")
    tree.run("check")
    assert tree.installs() == 2


def test_the_exit_code_is_the_applications(tree):
    assert tree.run("check", CODE="3").returncode == 3


def test_without_a_network_it_says_so_and_names_no_host(tree):
    tree.installer(1)
    (tree.root / "requirements.txt").write_text("a-package-nobody-has==1.0\n")
    run = tree.run("check")
    assert run.returncode == 2
    assert "Is there a network?" in run.stderr
    assert "registry.internal.example" not in run.stdout + run.stderr


def test_a_failed_set_up_is_tried_again(tree):
    tree.installer(1)
    (tree.root / "requirements.txt").write_text("a-package-nobody-has==1.0\n")
    tree.run("check")
    tree.installer(0)
    assert tree.run("check").returncode == 0


def test_tests_without_the_browser_that_was_named_do_not_start(tree):
    run = tree.run("test", CHROMIUM="/nowhere/chromium")
    assert run.returncode == 2
    assert "/nowhere/chromium" in run.stderr


def test_a_broken_virtual_environment_is_made_anew(tree):
    tree.run("check")
    python = tree.root / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    (tree.root / "requirements.txt").write_text("# something\n")
    assert tree.run("check").returncode == 0


def test_an_old_python_can_read_the_file_far_enough_to_be_told():
    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 6))
