"""Protocol buffers by hand, as far as the fake gateway needs them, so that the suite needs no generated code."""


def _varint(number):
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)


def encode(*fields):
    """A message of (number, value): an int, a str or bytes; a message inside is its bytes."""
    result = b""
    for number, value in fields:
        if isinstance(value, int):
            result += _varint(number << 3) + _varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            result += _varint(number << 3 | 2) + _varint(len(data)) + data
    return result


def decode(data):
    """{number: [value, ...]} with ints, and bytes for everything that has a length."""
    fields, at = {}, 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            value = varint()
        else:
            length = {1: 8, 5: 4}.get(key & 7) or varint()
            value = data[at:at + length]
            at += length
        fields.setdefault(key >> 3, []).append(value)
    return fields


def text(fields, number):
    """The string of a field, "" where it is not set."""
    return fields.get(number, [b""])[-1].decode()
