"""The picture that the servers of the benches answer with."""

import random
import struct
import zlib

SIZE = 64


def png():
    """Noise over a gradient: about as large as a picture of that size is."""
    noise = random.Random(1)
    rows = b"".join(b"\0" + bytes((x + y + noise.randrange(8)) & 255 for x in range(SIZE) for _ in range(3))
                    for y in range(SIZE))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
