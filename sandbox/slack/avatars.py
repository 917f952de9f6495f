"""The drawn pictures of the workspace's people: one SVG each, made of a few shapes."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class _Look:
    ground: str
    skin: str
    hair: str
    shirt: str
    cut: str


_SHORT = "M24 44c-2-20 6-30 24-30s27 10 24 30c-2-8-6-13-11-15-9 4-20 4-26 0-6 3-10 8-11 15z"
_LONG = "M20 78c-3-42 2-66 28-66s31 24 28 66c-5 3-11 4-14 2l2-38c-9-2-15-6-18-11-4 7-9 10-15 12l3 37c-4 2-9 1-14-2z"  # noqa: E501
_BUN = "M25 44c-2-18 5-29 17-31a7 7 0 1 1 12 0c13 2 20 13 17 31-4-9-9-14-23-14s-19 5-23 14z"
_LOOKS = {
    "U0ADA": _Look("#e9d8fd", "#f2c9a5", "#6b3f22", "#6b46c1", _LONG),
    "U0BO": _Look("#c6f6d5", "#c68e5f", "#2d2018", "#2f855a", _SHORT),
    "U0CLEO": _Look("#fed7d7", "#f6d7b8", "#1f1a24", "#c53030", _BUN),
}
_BOT = (
    '<rect width="96" height="96" fill="#0f3d3e"/>'
    '<path d="M48 18a21 21 0 0 0-21 21c0 15 21 39 21 39s21-24 21-39a21 21 0 0 0-21-21z" '
    'fill="#e2f3ee"/><circle cx="48" cy="39" r="8.5" fill="#e4572e"/>'
)
_OAK = (
    '<rect width="96" height="96" fill="none"/><rect x="43" y="56" width="10" height="30" '
    'fill="#7b4a21"/><circle cx="48" cy="36" r="24" fill="#3f7d3a"/>'
    '<circle cx="30" cy="46" r="15" fill="#4f9448"/><circle cx="66" cy="46" r="15" '
    'fill="#4f9448"/>'
)


def drawn(name: str) -> str | None:
    """The picture of that name as SVG; None when there is none."""
    look = _LOOKS.get(name)
    if look is not None:
        body = _portrait(look)
    elif name in ("U0PINTHREAD", "oak"):
        body = _BOT if name == "U0PINTHREAD" else _OAK
    else:
        return None
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="192" height="192">'
        f"{body}</svg>"
    )


async def serve(request: web.Request) -> web.Response:
    """`GET /slack/avatars/<name>.svg`."""
    picture = drawn(request.match_info["name"])
    if picture is None:
        return web.Response(status=404, text="There is no such picture.")
    return web.Response(
        text=picture, content_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"}
    )


def _portrait(look: _Look) -> str:
    return (
        f'<rect width="96" height="96" fill="{look.ground}"/>'
        f'<path d="M12 96c2-18 16-26 36-26s34 8 36 26z" fill="{look.shirt}"/>'
        f'<path d="M40 58h16v14c-4 5-12 5-16 0z" fill="{look.skin}"/>'
        f'<ellipse cx="48" cy="44" rx="19" ry="22" fill="{look.skin}"/>'
        f'<path d="{look.cut}" fill="{look.hair}"/>'
        '<circle cx="41" cy="46" r="2" fill="#26201c"/>'
        '<circle cx="55" cy="46" r="2" fill="#26201c"/>'
        '<path d="M42 55c3 3.500 9 3.500 12 0" fill="none" stroke="#26201c" '
        'stroke-width="2" stroke-linecap="round"/>'
    )
