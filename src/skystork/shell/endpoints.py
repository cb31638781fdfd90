"""From a connection as it was typed to the endpoint that carries it."""

from __future__ import annotations

from skystork.shell.bus import WireEndpoint
from skystork.shell.connection_url import Connection, SerialLine, TcpIn, TcpOut, UdpIn, UdpOut
from skystork.shell.serial_line import open_serial_line
from skystork.shell.tcp import TcpClient, open_tcp_server
from skystork.shell.udp import open_fleet_socket, open_socket_to


async def open_endpoint(connection: Connection) -> WireEndpoint:
    """Open a network's end on this machine.

    What listens must come about now; what connects, or waits for a device, is tried until it does.

    Raises
    ------
    Unavailable
        It cannot; the message says why and what to do.
    """
    match connection:
        case UdpIn(host, port):
            return await open_fleet_socket(host, port)
        case UdpOut():
            return await open_socket_to(connection)
        case TcpIn():
            return await open_tcp_server(connection)
        case TcpOut():
            return TcpClient(connection)
        case SerialLine():
            return open_serial_line(connection)
