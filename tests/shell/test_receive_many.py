"""Both ways of reading a socket give the same, in the same order, from the same senders."""

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from skystork.shell.receive_many import DATAGRAM_BYTES, Reader, read_singly, reader_of

A_READING = 64
"""Small, so that a socket with the system's own buffer holds more."""
Pair = tuple[socket.socket, Reader]


@contextlib.contextmanager
def opened() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.bind(("127.0.0.1", 0))
        each.setblocking(False)
        yield each


def singly(bound: socket.socket) -> Reader:
    return lambda: read_singly(bound, most=A_READING)


def together(bound: socket.socket) -> Reader:
    return reader_of(bound, most=A_READING)


@pytest.fixture(params=[together, singly], ids=["the quickest", "one by one"])
def ground(request: pytest.FixtureRequest) -> Iterator[Pair]:
    make: Callable[[socket.socket], Reader] = request.param
    with opened() as bound:
        yield bound, make(bound)


def test_datagrams_come_whole_in_order_and_with_their_senders(ground: Pair) -> None:
    bound, read = ground
    with opened() as one, opened() as other:
        sent = [(bytes((number,)) * (number * 7), (one, other)[number % 2]) for number in range(40)]
        for data, sender in sent:
            sender.sendto(data, bound.getsockname())
        assert read()[:2] == ([(data, sender.getsockname()) for data, sender in sent], len(sent))


def test_what_does_not_fit_into_one_reading_comes_with_the_next(ground: Pair) -> None:
    bound, read = ground
    with opened() as sender:
        for number in range(A_READING + 3):
            sender.sendto(number.to_bytes(2, "big"), bound.getsockname())
        first, second = read().datagrams, read().datagrams
    assert (len(first), len(second)) == (A_READING, 3)
    assert [int.from_bytes(data, "big") for data, _ in first + second] == list(range(A_READING + 3))


def test_a_datagram_longer_than_any_of_mavlink_is_cut(ground: Pair) -> None:
    bound, read = ground
    with opened() as sender:
        sender.sendto(bytes(DATAGRAM_BYTES + 1), bound.getsockname())
        sender.sendto(b"next", bound.getsockname())
    assert [len(data) for data, _ in read().datagrams] == [DATAGRAM_BYTES, 4]


def test_an_empty_socket_says_so(ground: Pair) -> None:
    _, read = ground
    with pytest.raises(BlockingIOError):
        read()


def test_the_error_of_an_earlier_sending_is_raised_once_and_reading_goes_on(ground: Pair) -> None:
    """A connected socket is told that its peer's port is closed; any socket may be told of worse."""
    bound, read = ground
    with opened() as gone:
        nowhere = gone.getsockname()
    bound.connect(nowhere)
    bound.send(b"lost")
    with pytest.raises(ConnectionRefusedError):
        read()
    with pytest.raises(BlockingIOError):
        read()


def test_any_number_of_senders_is_told_rightly(ground: Pair) -> None:
    """Addresses are remembered, but not without bound: port numbers cost an intruder nothing."""
    bound, read = ground
    for _ in range(70):
        senders = []
        for number in range(A_READING):
            with opened() as sender:
                sender.sendto(bytes((number,)), bound.getsockname())
                senders.append(sender.getsockname())
        assert [address for _, address in read().datagrams] == senders


def test_an_ipv6_socket_is_read_too() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as bound, contextlib.ExitStack() as stack:
        try:
            bound.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        bound.setblocking(False)
        sender = stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        sender.bind(("::1", 0))
        sender.sendto(b"six", bound.getsockname())
        assert reader_of(bound)().datagrams == [(b"six", ("::1", sender.getsockname()[1]))]
