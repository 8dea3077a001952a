"""The hash of an audit entry, as docs/security.md describes it: made here once more, by other code than the program's."""
import hashlib
import struct


def _encoded(value):
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i" + struct.pack(">q", value)
    return b"t" + struct.pack(">q", len(value.encode())) + value.encode()


def hash_after(before, columns):
    """Of the entry whose columns these are, in the table's order without the hash, behind one with the hash `before`."""
    return hashlib.sha256(before + b"".join(map(_encoded, columns))).digest()
