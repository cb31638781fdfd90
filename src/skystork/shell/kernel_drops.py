"""What the kernel threw away before we read it: the drop counter of a UDP socket, from Linux's ``/proc``.

Read when somebody asks and not with each datagram (SO_RXQ_OVFL), so the reading of telemetry pays nothing for it.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_INODE, _DROPS = 9, -1
"""Columns of /proc/net/udp (proc_net_udp in Linux's Documentation/networking)."""


def kernel_drops(bound: socket.socket) -> int:
    """Datagrams for this socket that found its receive buffer full; 0 where the system does not tell.

    Parameters
    ----------
    bound
        A UDP socket.
    """
    inode = str(os.fstat(bound.fileno()).st_ino)
    table = Path("/proc/net/udp6" if bound.family is socket.AF_INET6 else "/proc/net/udp")
    try:
        rows = table.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return 0
    mine = next((row.split() for row in rows if f" {inode} " in row and row.split()[_INODE] == inode), None)
    return int(mine[_DROPS]) if mine else 0
