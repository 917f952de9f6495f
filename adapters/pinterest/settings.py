"""The `pinterest` section of the configuration: where pins are looked up.

Every address can point at a stand-in. `short_url` is what stands behind
`https://pin.it/`: with a stand-in there, that one base is trusted although it
may be a loopback address; everything it redirects to is checked as always.
"""

from typing import Annotated

from msgspec import Meta, Struct

SHORT_URL = "https://pin.it/"

Seconds = Annotated[float, Meta(gt=0, le=60)]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a `token` the official API is not asked."""

    api_url: str = "https://api.pinterest.com/v5"
    oembed_url: str = "https://www.pinterest.com/oembed.json"
    short_url: str = SHORT_URL
    token: str = ""
    timeout: Seconds = 5.0
    """Seconds for following one short link, and for each look-up, in all."""

    def __post_init__(self) -> None:
        for name in ("api_url", "oembed_url", "short_url"):
            if not getattr(self, name).startswith(("https://", "http://")):
                raise ValueError(f"pinterest.{name} must begin with https:// or http://")

    def __repr__(self) -> str:
        """Tells no token."""
        return f"pinterest.Settings(api_url={self.api_url!r})"
