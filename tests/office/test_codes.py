"""Every refusal that the office makes stands in docs/rules.md."""

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_CODE = re.compile(r'(?:Refusal|refusal)\(\s*"([a-z_]+)"')


def test_every_code_of_the_office_is_documented() -> None:
    listed = (_ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    sources = [*(_ROOT / "bridge" / "office").glob("*.py"), _ROOT / "bridge" / "people.py"]
    codes = {code for each in sources for code in _CODE.findall(each.read_text(encoding="utf-8"))}
    assert len(codes) > 20
    assert [code for code in sorted(codes) if f"`{code}`" not in listed] == []
