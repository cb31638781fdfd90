"""What the broker keeps until its reader has it, over connections that break."""

from __future__ import annotations

from skystork.shell.acknowledgements import REMEMBERED, Acknowledgements


def test_the_broker_is_told_in_the_order_of_arrival() -> None:
    told: list[int] = []
    book = Acknowledgements()
    book.connected(told.append, resumed=False)
    first, second, third = (book.take(number, "in", bytes([number])) for number in (1, 2, 3))
    assert first is not None and second is not None and third is not None
    third()
    assert told == []
    first()
    assert told == [1]
    second()
    assert told == [1, 2, 3]


def test_what_comes_again_is_not_given_twice_and_acknowledged_when_the_word_is_given() -> None:
    told: list[int] = []
    book = Acknowledgements()
    book.connected(told.append, resumed=False)
    heard, read = book.take(1, "in", b"a"), book.take(2, "in", b"b")
    assert heard is not None and read is not None
    heard()
    book.disconnected()
    told.clear()
    book.connected(told.append, resumed=True)
    assert book.take(1, "in", b"a") is None, "acknowledged, and the broker did not hear it"
    assert told == [1]
    assert book.take(2, "in", b"b") is None
    assert told == [1]
    read()
    assert told == [1, 2]
    assert book.take(3, "in", b"b") is not None, "the same again under another number is another message"


def test_a_word_given_while_nobody_is_connected_is_kept() -> None:
    told: list[int] = []
    book = Acknowledgements()
    book.connected(told.append, resumed=False)
    word = book.take(7, "in", b"a")
    assert word is not None
    book.disconnected()
    word()
    assert told == []
    book.connected(told.append, resumed=True)
    assert book.take(7, "in", b"a") is None
    assert told == [7]


def test_a_broker_that_forgot_us_gives_its_numbers_to_other_messages() -> None:
    book = Acknowledgements()
    book.connected(lambda _: None, resumed=False)
    assert book.take(1, "in", b"hold") is not None
    book.disconnected()
    book.connected(lambda _: None, resumed=False)
    assert book.take(1, "in", b"hold") is not None, "given again by its issuer"


def test_no_more_is_remembered_than_may_be_under_way() -> None:
    book = Acknowledgements()
    book.connected(lambda _: None, resumed=False)
    for number in range(1, REMEMBERED + 2):
        word = book.take(number, "in", b"a")
        assert word is not None
        word()
    book.disconnected()
    book.connected(lambda _: None, resumed=True)
    assert book.take(2, "in", b"a") is None
    assert book.take(1, "in", b"a") is not None
