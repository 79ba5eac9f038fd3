"""The checks by tools, as tests: one command tells whether the tree is sound."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def run_python(code):
    return run(sys.executable, "-c", code)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-m", "ruff", "check", "--no-cache", "."),
        ("-m", "ruff", "format", "--check", "--no-cache", "."),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports_command as check; check()"),
    ],
    ids=["ruff", "format", "mypy", "imports"],
)
def test_tool_is_content(arguments):
    result = run(sys.executable, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_core_and_the_builders_work_without_qt():
    result = run_python(
        """
import importlib, pkgutil, sys
for name in ("PySide6", "shiboken6", "pyqtgraph"):
    sys.modules[name] = None  # importing it raises
for package in ("cnnviz", "models"):
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, f"{package}."):
        importlib.import_module(module.name)
"""
    )
    assert result.returncode == 0, result.stderr


def test_the_window_never_imports_keras():
    result = run_python(
        """
import importlib, pkgutil, sys
import main, ui
for module in pkgutil.walk_packages(ui.__path__, "ui."):
    importlib.import_module(module.name)
print(*{"keras", "tensorflow"} & set(sys.modules))
"""
    )
    assert (result.returncode, result.stdout.strip()) == (0, ""), result.stderr


def test_the_front_door_imports_nothing_but_pythons_own():
    result = run_python(
        """
import sys
before = set(sys.modules)
import main
added = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*added - sys.stdlib_module_names)
"""
    )
    assert (result.returncode, result.stdout.strip()) == (0, "main"), result.stderr


def test_listing_the_catalog_needs_no_keras():
    result = run_python(
        """
import sys
import main
assert main.main(["list"]) == 0
print(*{"keras", "tensorflow", "PySide6"} & set(sys.modules))
"""
    )
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, ""), result.stderr


def test_ci_runs_the_commands_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    [command] = [line for line in readme.splitlines() if line.endswith("-m pytest")]
    assert command in ci.splitlines()
