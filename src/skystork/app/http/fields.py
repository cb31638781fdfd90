"""Types of single fields of ``/v1``, with the bounds that both the reader and the OpenAPI document hold to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

AccountName = Annotated[
    str,
    Meta(pattern="^[a-z0-9][a-z0-9._@-]{0,63}$", description="Small letters, digits, . _ @ -", examples=["ada"]),
]
Password = Annotated[str, Meta(min_length=1, max_length=256, description="Sent over TLS or on one machine only")]
OrderName = Annotated[
    str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Identity of an order", examples=["M-2041"])
]
Word = Annotated[str, Meta(min_length=1, max_length=128)]
Sentence = Annotated[str, Meta(min_length=1, max_length=300, description="For a person to read")]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="WGS 84 [deg]", examples=[54.618])]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="WGS 84 [deg]", examples=[-1.574])]
PageSize = Annotated[int, Meta(ge=1, le=500, description="Most items of a page")]
Cursor = Annotated[
    str, Meta(pattern="^[A-Za-z0-9_-]{0,200}$", description="`next` of the page before; empty for the first page")
]
