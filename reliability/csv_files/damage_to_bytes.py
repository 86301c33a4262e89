"""Damage to the bytes of a file."""

from __future__ import annotations

import random

from reliability.csv_files.damaging import of_bytes, place


@of_bytes
def bits_flipped(content: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 5, 50))):
        content[place(content, chance)] ^= 1 << chance.randrange(8)
    return bytes(content)


@of_bytes
def bytes_replaced(content: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 10))):
        content[place(content, chance)] = chance.choice((chance.randrange(256), *b'",;\n\r\t.-0 9\xff\x00'))
    return bytes(content)


@of_bytes
def cut_off(content: bytearray, chance: random.Random) -> bytes:
    return bytes(content[: place(content, chance)])


@of_bytes
def bytes_lost(content: bytearray, chance: random.Random) -> bytes:
    at = place(content, chance)
    del content[at : at + chance.choice((1, 1, 3, 40, 4096))]
    return bytes(content)


@of_bytes
def bytes_twice(content: bytearray, chance: random.Random) -> bytes:
    at = place(content, chance)
    size = chance.choice((1, 5, 200, 4096))
    return bytes(content[: at + size] + content[at:])


@of_bytes
def noise_inserted(content: bytearray, chance: random.Random) -> bytes:
    at = place(content, chance)
    return bytes(content[:at] + chance.randbytes(chance.choice((1, 2, 30, 5000))) + content[at:])


@of_bytes
def zero_bytes(content: bytearray, chance: random.Random) -> bytes:
    at = place(content, chance)
    return bytes(content[:at] + bytes(chance.choice((1, 4, 4096))) + content[at:])


@of_bytes
def marks_inside(content: bytearray, chance: random.Random) -> bytes:
    at = place(content, chance)
    mark = chance.choice(
        (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1a", b"\x0c", b"\xe2\x80\xa8", b"\xc2\x85")
    )
    return bytes(content[:at] + mark + content[at:])


@of_bytes
def latin_inside(content: bytearray, chance: random.Random) -> bytes:
    """A few letters of another encoding than the file's."""
    at = place(content, chance)
    word = chance.choice(
        ("Máxima".encode("cp1252"), "é".encode(), "€".encode("cp1252"), "Último".encode("utf-16"))
    )
    return bytes(content[:at] + word + content[at:])


@of_bytes
def nothing_but_noise(content: bytearray, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 10, 1000, 100_000)))
