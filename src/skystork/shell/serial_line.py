"""MAVLink over a serial line: the one door of pyserial, which is an extra (``pip install 'skystork[serial]'``).

pyserial opens and sets up the device; reading and writing go by the event loop, which is never held up. A device that
is pulled out, or is not there at the start, is told and tried again.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from skystork.errors import Unavailable
from skystork.shell.bus import Address, DatagramReceiver, EndpointFigures
from skystork.shell.byte_stream import PENDING_LIMIT_BYTES, Backoff, StreamIntake
from skystork.shell.connection_url import SerialLine
from skystork.shell.loops import real_span_s

_READ_BYTES = 4096  # Linux's tty buffer


class SerialEndpoint:
    """A serial device, opened again whenever it is gone. Open it with :func:`open_serial_line`.

    Parameters
    ----------
    line
        Device and speed.
    library
        pyserial.
    """

    def __init__(self, line: SerialLine, library: Any) -> None:
        self._line, self._library = line, library
        self._loop = asyncio.get_running_loop()
        self._intake = StreamIntake()
        self._backoff = Backoff()
        self._device: Any = None
        self._opened_s = 0.0
        self._pending = bytearray()
        self._again: asyncio.TimerHandle | None = None
        self._unsent = self._reconnects = 0
        self._problem: str | None = None
        self._open()

    @property
    def peer(self) -> Address:
        """The line itself: everything on it is reached through it."""
        return self._line.device, self._line.baud

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Say who takes the frames; until then they are lost."""
        self._intake.set_receiver(receiver)

    def send(self, data: bytes, address: Address) -> None:  # noqa: ARG002  (there is one address)
        """Write, or count as unsent while the device is gone or too much waits for a slow line."""
        if self._device is None or len(self._pending) + len(data) > PENDING_LIMIT_BYTES:
            self._unsent += 1
            return
        self._pending += data
        self._write()

    def close(self) -> None:
        """Let the device go for good."""
        if self._again is not None:
            self._again.cancel()
        self._release()

    def figures(self) -> EndpointFigures:
        """What was met so far."""
        up = self._device is not None
        return self._intake.figures(up=up, unsent=self._unsent, reconnects=self._reconnects, problem=self._problem)

    def _open(self) -> None:
        self._again = None
        try:
            self._device = self._library.Serial(self._line.device, self._line.baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:  # pyserial's own error is an OSError; ValueError: the speed
            self._try_again(f"{self._line} cannot be opened ({error}); {_remedy(self._line, error)}", 0.0)
            return
        self._opened_s, self._problem = self._loop.time(), None
        self._intake.begin(self.peer)
        self._loop.add_reader(self._device.fileno(), self._read)

    def _read(self) -> None:
        try:
            data = self._device.read(_READ_BYTES)
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._intake.take(data, self.peer)

    def _write(self) -> None:
        """Give the device what it takes now; the rest when it can take more."""
        try:
            taken = os.write(self._device.fileno(), self._pending)
        except BlockingIOError:
            taken = 0
        except OSError as error:
            self._lose(error)
            return
        del self._pending[:taken]
        if self._pending:
            self._loop.add_writer(self._device.fileno(), self._write)
        else:
            self._loop.remove_writer(self._device.fileno())

    def _lose(self, error: OSError) -> None:
        lasted_s = (self._loop.time() - self._opened_s) / real_span_s(1.0)
        self._reconnects += 1
        self._release()
        self._try_again(f"{self._line} is gone ({error.strerror or error}); it is tried again", lasted_s)

    def _release(self) -> None:
        if self._device is None:
            return
        self._loop.remove_reader(self._device.fileno())
        self._loop.remove_writer(self._device.fileno())
        self._device.close()
        self._device = None
        self._pending.clear()
        self._intake.end(self.peer)

    def _try_again(self, problem: str, lasted_s: float) -> None:
        self._problem = problem
        self._again = self._loop.call_later(real_span_s(self._backoff.after(lasted_s)), self._open)


def open_serial_line(line: SerialLine) -> SerialEndpoint:
    """Open a serial line, now or as soon as its device is there.

    Raises
    ------
    Unavailable
        pyserial is not installed.
    """
    try:
        import serial  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise Unavailable(f"{line} needs pyserial: pip install 'skystork[serial]'") from error
    return SerialEndpoint(line, serial)


def _remedy(line: SerialLine, error: Exception) -> str:
    if isinstance(error, PermissionError) or "ermission" in str(error):
        return "add the user of the service to the device's group (`ls -l` names it, often dialout)"
    if isinstance(error, ValueError):
        return f"give a speed that the device knows instead of {line.baud}"
    return "plug it in or correct its name; it is tried again"
