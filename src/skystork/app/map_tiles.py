"""Where the map's tiles come from: the one place besides this service that a browser may fetch pictures from."""

from __future__ import annotations

import re

from skystork.errors import ConfigError, Problem

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<shards>\{s\}\.)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?P<port>:\d{1,5})?/[!-~]*"
)
"""Of Leaflet's TileLayer: ``{s}`` is one of several names of the same server."""
_PLACES = ("{z}", "{x}", "{y}")


def tile_source(url: str) -> str:
    """The source as a Content-Security-Policy names it, like ``https://*.tiles.example.net``; empty for no tiles.

    Raises
    ------
    ConfigError
        If it is no address of tiles.
    """
    if not url:
        return ""
    found = _URL.fullmatch(url)
    if found is None or any(place not in url for place in _PLACES):
        limit = "http or https, with {z}, {x} and {y}, {s} only at the beginning of the name"
        remedy = "Write it like https://tiles.example.net/{z}/{x}/{y}.png, or leave it out."
        raise ConfigError((Problem("site.toml console.tile_url", "is no address of map tiles", url, limit, remedy),))
    shards = "*." if found["shards"] else ""
    return f"{found['scheme']}://{shards}{found['host']}{found['port'] or ''}"
