"""The package as a whole."""

import importlib
from pathlib import Path

import pytest

import core

ROOT = Path(core.__path__[0])
MODULES = sorted(
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in ROOT.rglob("*.py")
)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_for(name: str) -> None:
    module = importlib.import_module(name.removesuffix(".__init__"))
    assert module.__doc__
    assert module.__doc__.strip()
