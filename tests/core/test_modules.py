"""The package as a whole."""

import importlib
from pathlib import Path

import pytest

import core

MODULES = sorted(path.stem for path in Path(core.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_for(name: str) -> None:
    module = importlib.import_module(f"core.{name}" if name != "__init__" else "core")
    assert module.__doc__
    assert module.__doc__.strip()
