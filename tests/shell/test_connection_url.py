from __future__ import annotations

import pytest

from skystork.errors import ConfigError
from skystork.shell.connection_url import Connection, SerialLine, TcpIn, TcpOut, UdpIn, UdpOut, parse_connection


@pytest.mark.parametrize(
    ("text", "connection"),
    [
        ("127.0.0.1:14550", UdpIn("127.0.0.1", 14550)),
        ("localhost:14550", UdpIn("localhost", 14550)),
        ("[::1]:14550", UdpIn("::1", 14550)),
        ("udpin://0.0.0.0:14550", UdpIn("0.0.0.0", 14550)),
        ("udpin://:14540", UdpIn("0.0.0.0", 14540)),
        ("udpin:0.0.0.0:14550", UdpIn("0.0.0.0", 14550)),
        ("UDPIN://[::]:14550/", UdpIn("::", 14550)),
        ("udpout://10.0.0.7:14580", UdpOut("10.0.0.7", 14580, 14580)),
        ("udpout://drone.example:14580?local_port=14601", UdpOut("drone.example", 14580, 14601)),
        ("tcp://127.0.0.1:5760", TcpOut("127.0.0.1", 5760)),
        ("tcpout://127.0.0.1:5760", TcpOut("127.0.0.1", 5760)),
        ("tcp:127.0.0.1:5760", TcpOut("127.0.0.1", 5760)),
        ("tcpin://0.0.0.0:5760", TcpIn("0.0.0.0", 5760)),
        ("serial:///dev/ttyUSB0:57600", SerialLine("/dev/ttyUSB0", 57_600)),
        ("serial:/dev/ttyACM0:921600", SerialLine("/dev/ttyACM0", 921_600)),
        ("serial:COM3:57600", SerialLine("COM3", 57_600)),
        ("serial://COM3:57600", SerialLine("COM3", 57_600)),
        ("serial:/dev/ttyUSB0,57600", SerialLine("/dev/ttyUSB0", 57_600)),
        (
            "serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:57600",
            SerialLine("/dev/serial/by-path/pci-0000:00:14.0-usb-0", 57_600),
        ),
        ("  udpin://0.0.0.0:14550 ", UdpIn("0.0.0.0", 14550)),
    ],
)
def test_a_connection_is_read_as_people_type_it(text: str, connection: Connection) -> None:
    assert parse_connection(text) == connection


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no port"),
        ("14550", "no port"),
        ("udpin://0.0.0.0", "no port"),
        ("udpin://[::1]", "no port"),
        ("udpin://0.0.0.0:", "nothing is not a port"),
        ("udpin://0.0.0.0:0", "0 is not a port"),
        ("udpin://0.0.0.0:99999", "99999 is not a port"),
        ("udpin://0.0.0.0:mavlink", "mavlink is not a port"),
        ("udpin://::1:14550", "IPv6 address without brackets"),
        ("udpout://:14550", "no host"),
        ("tcp://:5760", "no host"),
        ("udpout://10.0.0.7:14580?bind=9", "unknown option bind"),
        ("udpout://10.0.0.7:14580?local_port=x", "x is not a port"),
        ("udpin://user@host:14550", "a host and a port only"),
        ("udpin://host/path:14550", "a host and a port only"),
        ("udp://0.0.0.0:14550", "who begins.*udpin:// listens, udpout:// sends first"),
        ("udpn://0.0.0.0:14550", "unknown scheme udpn.*Did you mean udpin"),
        ("mqtt://broker:1883/topic", "unknown scheme mqtt"),
        ("/dev/ttyUSB0", "without its scheme.*Write serial:/dev/ttyUSB0:57600"),
        ("/dev/ttyUSB0,115200", "without its scheme"),
        ("COM3", "without its scheme"),
        ("serial:/dev/ttyUSB0", "no speed.*serial:/dev/ttyUSB0:57600"),
        ("serial:", "no speed"),
        ("serial::57600", "no device"),
        ("serial:/dev/ttyUSB0:fast", "fast is not a speed"),
        ("serial:/dev/ttyUSB0:57", "57 is not a speed"),
        ("serial:/dev/ttyUSB0:999999999", "999999999 is not a speed"),
    ],
)
def test_what_is_no_connection_is_refused_with_what_would_be_one(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        parse_connection(text, "site.toml link.listen")
    (problem,) = refused.value.problems
    assert problem.where == "site.toml link.listen"
    assert "udpin://0.0.0.0:14550" in problem.limit


@pytest.mark.parametrize(
    "text",
    [
        "udpin://0.0.0.0:14550",
        "udpin://[::1]:14550",
        "udpout://10.0.0.7:14580",
        "udpout://10.0.0.7:14580?local_port=14601",
        "tcp://127.0.0.1:5760",
        "tcpin://0.0.0.0:5760",
        "serial:/dev/ttyUSB0:57600",
    ],
)
def test_a_connection_is_written_as_it_can_be_read_again(text: str) -> None:
    assert str(parse_connection(text)) == text
