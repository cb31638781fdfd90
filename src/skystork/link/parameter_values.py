"""Parameter values on the wire: how a number lies in PARAM_VALUE's four bytes, and the hash PX4 makes of all of them.

The field is a float by name. PX4 puts an integer's own four bytes into it (capability PARAM_ENCODE_BYTEWISE), ArduPilot
converts the integer to a float (PARAM_ENCODE_C_CAST); mavlink.io, parameter protocol, "parameter encoding".
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable
from enum import IntEnum

from skystork.errors import LinkUsageError
from skystork.link.autopilot import ParameterEncoding
from skystork.link.contract import ParameterValue
from skystork.link.messages import ParamValue

HASH_NAME = "_HASH_CHECK"
"""A name that is no parameter: PX4 answers it with the hash of all (mavlink_parameters.cpp, v1.17.0)."""

NO_INDEX = 65_535
"""param_index of the hash, and of a parameter read by name that no part of PX4 uses (v1.17.0)."""

NAME_LENGTH = 16
"""Characters in param_id; a name of 16 has no terminating zero (mavlink.io)."""


class ParamType(IntEnum):
    """MAV_PARAM_TYPE, without the 64 bit kinds, which no PARAM_VALUE can carry."""

    UINT8 = 1
    INT8 = 2
    UINT16 = 3
    INT16 = 4
    UINT32 = 5
    INT32 = 6
    REAL32 = 9


_FORMS = {
    ParamType.UINT8: "<Bxxx",
    ParamType.INT8: "<bxxx",
    ParamType.UINT16: "<Hxx",
    ParamType.INT16: "<hxx",
    ParamType.UINT32: "<I",
    ParamType.INT32: "<i",
}

_VOLATILE = re.compile(
    r"CAL_(ACC|GYRO)\d_[XYZ](OFF|SCALE)|CAL_MAG\d_[XYZ](OFF|SCALE|ODIAG|COMP)|CAL_BARO\d_OFF|ASPD_SCALE_\d|COM_FLIGHT_UUID"
    r"|COM_MODE\d_HASH|EKF2_MAG_DECL|LND_FLIGHT_T_(HI|LO)|SENS_DPRES_OFF"
)
"""Parameters PX4 changes by itself and leaves out of the hash: those marked volatile in v1.17.0's parameters.json."""


def name_of(message: ParamValue) -> str:
    """The name in a PARAM_VALUE; bytes that are no ASCII are replaced, so that they equal no name asked for."""
    return message.param_id.split(b"\0", 1)[0].decode("ascii", errors="replace")


def encode_name(name: str) -> bytes:
    """The name as param_id.

    Raises
    ------
    LinkUsageError
        It is empty, longer than 16 characters or not ASCII.
    """
    if not 0 < len(name) <= NAME_LENGTH or not name.isascii():
        raise LinkUsageError(f"{name!r} cannot be a parameter: a name has 1 to {NAME_LENGTH} ASCII characters")
    return name.encode("ascii")


def decode_value(message: ParamValue, encoding: ParameterEncoding) -> ParameterValue | None:
    """The value in a PARAM_VALUE; None where its type is not one that four bytes can hold."""
    name = name_of(message)
    if message.param_type == ParamType.REAL32:
        return ParameterValue(name, _as_float(message.param_value), is_integer=False)
    if message.param_type not in _FORMS:
        return None
    if encoding is ParameterEncoding.BYTEWISE:
        (whole,) = struct.unpack(_FORMS[ParamType(message.param_type)], message.param_value)
        return ParameterValue(name, whole, is_integer=True)
    cast = _as_float(message.param_value)
    return ParameterValue(name, int(cast), is_integer=True) if cast == cast // 1 else None  # no NaN, no infinity


def encode_value(value: float, param_type: int, encoding: ParameterEncoding) -> bytes:
    """The four bytes of a value for a parameter of the vehicle's type.

    Raises
    ------
    LinkUsageError
        The value is not of that type: a fraction, or beyond its range.
    """
    if param_type == ParamType.REAL32:
        return _from_float(value)
    if param_type not in _FORMS:
        raise LinkUsageError(f"a parameter of MAV_PARAM_TYPE {param_type} cannot be written with PARAM_SET")
    kind = ParamType(param_type)
    try:
        if value != int(value):
            raise LinkUsageError(f"the vehicle holds an integer ({kind.name}); {value_text(value)} has a fraction")
        bytewise = struct.pack(_FORMS[kind], int(value))
    except (struct.error, ValueError, OverflowError) as error:
        raise LinkUsageError(f"{value_text(value)} is beyond what the vehicle's {kind.name} holds") from error
    return bytewise if encoding is ParameterEncoding.BYTEWISE else _from_float(float(value))


def same_value(one: float, other: float) -> bool:
    """Whether two values are one on the wire, where a float has 32 bits."""
    return one == other or _narrow(one) == _narrow(other)


def value_text(value: float) -> str:
    """The shortest text that gives the value back: an integer whole, a float to its 32 bits."""
    if isinstance(value, int):
        return str(value)
    return next((text for digits in range(6, 9) if _keeps(text := f"{value:.{digits}g}", value)), f"{value:.9g}")


def is_volatile(name: str) -> bool:
    """Whether PX4 changes the parameter by itself, so that neither its hash nor a cache vouches for it."""
    return _VOLATILE.fullmatch(name) is not None


def px4_hash(values: Iterable[ParameterValue]) -> int:
    """PX4's hash of a whole set: CRC-32 without inversions over name and bytes of each (param_hash_check, v1.17.0).

    Parameters
    ----------
    values
        In the order of the vehicle's own indices, which is that of their names.
    """
    register = 0xFFFFFFFF  # zlib inverts before and after; PX4's crc32part does neither
    for value in values:
        if not is_volatile(value.name):
            kind = ParamType.INT32 if value.is_integer else ParamType.REAL32
            raw = encode_value(value.value, kind, ParameterEncoding.BYTEWISE)
            register = zlib.crc32(value.name.encode("ascii", errors="replace") + raw, register)
    return register ^ 0xFFFFFFFF


def _keeps(text: str, value: float) -> bool:
    return float(text) == value or _narrow(float(text)) == _narrow(value)


def _as_float(raw: bytes) -> float:
    value: float = struct.unpack("<f", raw)[0]
    return value


def _from_float(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError as error:
        raise LinkUsageError(f"{value:g} is beyond what a 32 bit float holds") from error


def _narrow(value: float) -> float:
    return _as_float(_from_float(value))
