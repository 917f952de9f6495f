"""The `web` section of the configuration.

Every field has its default here. What cannot work together is refused while the
file is read, with a sentence that names the field.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct


class Demo(Struct, frozen=True, forbid_unknown_fields=True):
    """For demonstrations only: acting as people without signing in. Refused off loopback.

    `people` are the handles that may be acted as; `origin` is the page that may
    do it, such as `http://127.0.0.1:8765`; `pins` are addresses of pins to start with.
    """

    people: tuple[str, ...]
    origin: str
    pins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or origin_of(self.origin) != self.origin:
            raise ValueError("web.demo.origin must look like http://127.0.0.1:8765, without a path")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`public_url` is what people type, where a proxy stands before `listen`."""

    listen: str = "127.0.0.1:8080"
    public_url: str = ""
    demo: Demo | None = None

    def __post_init__(self) -> None:
        host, _ = address(self.listen)
        if self.demo and not is_loopback(host):
            raise ValueError(
                "web.demo lets anybody act as its people; it needs web.listen on 127.0.0.1"
            )
        if self.public_url and not origin_of(self.public_url):
            raise ValueError("web.public_url must begin with http:// or https://")


def address(listen: str) -> tuple[str, int]:
    """Host and port of `host:port`; port 0 takes a free one."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError("web.listen must look like 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """`https://host:port` of an address, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
