"""Types of single fields of ``/v1``, with the bounds that both the reader and the OpenAPI document hold to."""

from __future__ import annotations

import sys
import unicodedata
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from skystork.orders.fields import HEAVIEST_PARCEL_KG, LONGEST_SIDE_M, LONGEST_TEXT
from skystork.shell.web.passwords import LONGEST, SHORTEST
from skystork.shell.web.problem import FieldProblem, HttpRefusal


def _visible() -> str:
    """A pattern of texts without control and direction-changing characters, as order files are held to."""
    hidden = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Cc", "Cf"}]
    parts, start = [], hidden[0]
    for code, following in zip(hidden, [*hidden[1:], 0], strict=True):
        if following != code + 1:
            parts.append(_escaped(start) + (f"-{_escaped(code)}" if code > start else ""))
            start = following
    return f"^[^{''.join(parts)}]*$"


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else chr(code)


VISIBLE = _visible()

ACCOUNT_NAME = "^[a-z0-9][a-z0-9._@-]{0,63}$"
AccountName = Annotated[
    str,
    Meta(pattern=ACCOUNT_NAME, description="Small letters, digits, . _ @ -", examples=["ada"]),
]
Password = Annotated[str, Meta(min_length=1, max_length=256, description="Sent over TLS or on one machine only")]
FreshPassword = Annotated[str, Meta(min_length=SHORTEST, max_length=LONGEST, description="A sentence will do")]
OrderName = Annotated[
    str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Identity of an order", examples=["M-2041"])
]
Word = Annotated[str, Meta(min_length=1, max_length=128)]
Sentence = Annotated[str, Meta(min_length=1, max_length=300, description="For a person to read")]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="WGS 84 [deg]", examples=[54.618])]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="WGS 84 [deg]", examples=[-1.574])]
PageSize = Annotated[int, Meta(ge=1, le=500, description="Most items of a page")]
Cursor = Annotated[
    str, Meta(pattern="^(a[0-9]{1,18})?$", description="`next` of the page before; empty for the first page")
]
PartyName = Annotated[str, Meta(max_length=LONGEST_TEXT, pattern=VISIBLE, description="Never interpreted")]
Kilograms = Annotated[float, Meta(gt=0, le=HEAVIEST_PARCEL_KG, description="With packaging [kg]", examples=[1.2])]
Side = Annotated[float, Meta(gt=0, le=LONGEST_SIDE_M, description="[m]", examples=[0.3])]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset from UTC")]
MomentText = Annotated[
    str, Meta(max_length=40, extra_json_schema={"format": "date-time"}, description="RFC 3339 with an offset from UTC")
]
"""In an address, where numbers and dates are texts."""


class DryQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Whether in earnest."""

    dry_run: bool = False
    """Only say whether it would be possible; nothing is changed."""


def moment_of_query(text: str, name: str) -> float:
    """Seconds since the Unix epoch; raises HttpRefusal 400."""
    try:
        return msgspec.convert(text, Moment).timestamp()
    except (msgspec.ValidationError, OverflowError, ValueError) as error:
        problem = FieldProblem(
            f"query.{name}", "not a moment", text, "RFC 3339 with an offset", "In an address + is %2B."
        )
        raise HttpRefusal(400, "bad-query", f"query.{name} is no moment", errors=(problem,)) from error
