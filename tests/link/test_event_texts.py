"""Events in words, from a table like a vehicle's."""

from __future__ import annotations

import json
import lzma
import struct
from typing import Any

import pytest

from skystork.errors import LinkPeerError
from skystork.link.event_texts import MOST_BYTES, EventTexts, parse_metadata

COMPONENT = 1 << 24
TABLE: dict[str, Any] = {
    "version": 2,
    "components": {
        "0": {
            "namespace": "common",
            "enums": {"side_t": {"type": "uint8_t", "entries": {"1": {"description": "Left"}}}},
        },
        "1": {
            "namespace": "crane",
            "enums": {
                "part_t": {
                    "type": "uint16_t",
                    "is_bitfield": True,
                    "separator": ", ",
                    "entries": {"1": {"description": "Hook"}, "4": {"description": "Rope"}},
                },
                "odd_t": {"type": "matrix", "entries": {}},
            },
            "event_groups": {
                "default": {
                    "events": {
                        "1": {"name": "plain", "message": "The crane stands"},
                        "2": {
                            "name": "loaded",
                            "message": "Lifts {1:.1m_v} at {2m/s}: {3}",
                            "arguments": [
                                {"name": "height", "type": "float"},
                                {"name": "speed", "type": "uint8_t"},
                                {"name": "parts", "type": "part_t"},
                            ],
                        },
                        "3": {
                            "name": "tagged",
                            "message": r"Set <param>CR_MAX</param> \<{1} \{here\}<profile name=\"dev\"> now</profile>"
                            .replace(r"\"", '"')
                            + '<profile name="!dev">, please</profile> <a href="https://x">docs</a><b>bold</b>',
                            "arguments": [{"name": "most", "type": "int8_t"}],
                        },
                        "4": {
                            "name": "foreign",
                            "message": "On the {1} side {2}",
                            "arguments": [{"name": "side", "type": "common::side_t"}],
                        },
                        "5": {"name": "odd", "message": "{1}", "arguments": [{"name": "x", "type": "odd_t"}]},
                        "6": {"name": "wordless"},
                        "seven": {"name": "unnumbered", "message": "no"},
                    }
                },
                "arming_check": {"events": {"9": {"name": "s", "message": "S", "type": "summary"}}},
            },
        },
    },
}  # fmt: skip
TEXTS = EventTexts(json.dumps(TABLE).encode())


def text_of(sub_id: int, arguments: bytes = bytes(40)) -> str | None:
    described = TEXTS.describe(COMPONENT | sub_id, arguments)
    return described.text if described else None


def test_an_event_without_arguments_is_its_message() -> None:
    described = TEXTS.describe(COMPONENT | 1, bytes(40))
    assert described is not None
    assert (described.name, described.group, described.text) == ("plain", "default", "The crane stands")


def test_arguments_are_put_in_with_decimals_units_and_words() -> None:
    packed = struct.pack("<fBH", 12.345, 3, 5).ljust(40, b"\0")
    assert text_of(2, packed) == "Lifts 12.3 m at 3 m/s: Hook, Rope"
    assert text_of(2, struct.pack("<fBH", 0.0, 0, 2).ljust(40, b"\0")) == "Lifts 0.0 m at 0 m/s: (unknown: 2)"


def test_tags_are_taken_off_and_developers_words_left_out() -> None:
    assert text_of(3, b"\x07") == "Set CR_MAX <7 {here}, please docs"


def test_a_word_of_another_component_and_a_missing_argument() -> None:
    assert text_of(4, b"\x01") == "On the Left side {2}"
    assert text_of(4, b"\x09") == "On the (unknown: 9) side {2}"
    assert text_of(4, b"") == "On the {1} side {2}"


@pytest.mark.parametrize("sub_id", [5, 6, 7, 8])
def test_an_entry_that_cannot_be_used_is_left_out(sub_id: int) -> None:
    assert text_of(sub_id) is None


def test_a_summary_says_so() -> None:
    described = TEXTS.describe(COMPONENT | 9, b"")
    assert described is not None
    assert (described.group, described.kind) == ("arming_check", "summary")


def test_a_packed_table_is_the_same_table() -> None:
    packed = EventTexts(lzma.compress(json.dumps(TABLE).encode()))
    assert len(packed) == len(TEXTS) == 5


BOMB = lzma.compress(b" " * (MOST_BYTES + 1) + b"{}")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (BOMB, "more than 1000000 bytes"),
        (b"[" * (MOST_BYTES + 1), "more than 1000000 bytes"),
        (lzma.compress(b"{}" * 500)[:-20], "ends amid"),
        (b"\xfd7zXZ\x00nonsense", "cannot be unpacked"),
        (b"[" * 100_000, "no JSON"),
        (b"9" * 5_000, "no JSON"),
        (b"\xff\xfe{", "no JSON"),
        (b"[1]", "a list, not an object"),
        (b"{}", "no components"),
        (b'{"components": []}', "no components"),
    ],
    ids=["bomb", "large", "cut", "damaged", "deep", "digits", "bytes", "list", "empty", "wrong"],
)
def test_what_is_no_table_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(LinkPeerError, match=what):
        EventTexts(data)


def test_a_small_bomb_is_small() -> None:
    """The danger is real: so few bytes over the air would fill the memory."""
    assert len(BOMB) < 3_000


@pytest.mark.parametrize("wrong", [7, "text", None, [1], {"events": 3}, {"events": {"1": 5}}])
def test_nonsense_inside_does_no_harm(wrong: object) -> None:
    component = {"namespace": 3, "enums": wrong, "event_groups": {"default": wrong}}
    table = {"components": {"1": component, "x": {}, "2": wrong}}
    assert len(EventTexts(json.dumps(table).encode())) == 0


def test_other_metadata_is_read_alike() -> None:
    assert parse_metadata(lzma.compress(b'{"version": 1}')) == {"version": 1}
