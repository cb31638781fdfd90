"""The address of map tiles, and what the browser is allowed because of it."""

from __future__ import annotations

import pytest

from skystork.app.map_tiles import tile_source
from skystork.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("", ""),
        ("https://tiles.example.net/{z}/{x}/{y}.png", "https://tiles.example.net"),
        ("https://{s}.tiles.example.net/{z}/{x}/{y}.png?key=a1", "https://*.tiles.example.net"),
        ("http://192.0.2.7:8081/osm/{z}/{x}/{y}.png", "http://192.0.2.7:8081"),
        ("http://[2001:db8::1]:80/{z}/{x}/{y}", "http://[2001:db8::1]:80"),
    ],
)
def test_only_the_server_of_the_tiles_is_allowed(url: str, source: str) -> None:
    assert tile_source(url) == source


@pytest.mark.parametrize(
    "url",
    [
        "tiles.example.net/{z}/{x}/{y}.png",
        "ftp://tiles.example.net/{z}/{x}/{y}.png",
        "https://tiles.example.net/{z}/{x}.png",
        "https://a.net; script-src */{z}/{x}/{y}.png",
        "https://tiles.{s}.net/{z}/{x}/{y}.png",
        "https://tiles.example.net/{z}/{x}/{y}.png\nX: y",
        "https://user:word@tiles.example.net/{z}/{x}/{y}.png",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="tile_url"):
        tile_source(url)
