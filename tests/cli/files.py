"""Test files as NumPy and safetensors write them, and as they should not be."""
import ast
import io
import json
import struct
import zipfile

CODES = {"f4": "f", "f2": "e", "u2": "H", "i4": "i", "i8": "q", "f8": "d"}


def pack(dtype, values):
    """dtype: "<f4", ">f4"; values: flat."""
    return struct.pack(f"{dtype[0]}{len(values)}{CODES[dtype[1:]]}", *values)


def bf16(values):
    """Bits of the nearest bf16, ties to even; no NaN."""
    out = []
    for value in values:
        bits, = struct.unpack("<I", struct.pack("<f", value))
        out.append((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    return out


def from_bf16(bits):
    return [struct.unpack("<f", struct.pack("<I", b << 16))[0] for b in bits]


def header(dtype, shape, fortran=False, version=1, text=None):
    if text is None:
        text = repr({"descr": dtype, "fortran_order": fortran,
                     "shape": tuple(shape)})
    room = 10 if version == 1 else 12
    text += " " * (-(room + len(text) + 1) % 64) + "\n"
    form = "<H" if version == 1 else "<I"
    return (b"\x93NUMPY" + bytes([version, 0]) +
            struct.pack(form, len(text)) + text.encode())


def fortran_values(shape, values):
    """The same tensor with its first axis fastest."""
    out = []
    for n in range(len(values)):
        index, at = 0, n
        places = []
        for length in shape:
            places.append(at % length)
            at //= length
        for length, place in zip(shape, places):
            index = index * length + place
        out.append(values[index])
    return out


def npy(shape, values, dtype="<f4", fortran=False, version=1, text=None):
    assert len(values) == count(shape)
    if fortran:
        values = fortran_values(shape, values)
    return header(dtype, shape, fortran, version, text) + pack(dtype, values)


def count(shape):
    n = 1
    for length in shape:
        n *= length
    return n


def npz(members, method=zipfile.ZIP_STORED):
    """members: name -> bytes of a .npy. As numpy.savez: sizes are known only
    from the central directory, the local headers are zip64."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as file:
                file.write(content)
    return out.getvalue()


def safetensors(tensors, pad=0, values=None, text=None):
    """tensors: name -> (dtype, shape, bytes)."""
    head, at = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, content) in tensors.items():
        head[name] = {"dtype": dtype, "shape": list(shape),
                      "data_offsets": [at, at + len(content)]}
        at += len(content)
    if text is None:
        text = json.dumps(head)
    text = text.encode() + b" " * pad
    if values is None:
        values = b"".join(t[2] for t in tensors.values())
    return struct.pack("<Q", len(text)) + text + values


def read_npy(content):
    """(dtype, shape, flat values) of a file in C order."""
    assert content[:8] == b"\x93NUMPY\x01\x00", content[:8]
    length, = struct.unpack("<H", content[8:10])
    assert (10 + length) % 64 == 0 and content[9 + length:10 + length] == b"\n"
    head = ast.literal_eval(content[10:10 + length].decode())
    assert head["fortran_order"] is False
    n = count(head["shape"])
    code = CODES[head["descr"][1:]]
    values = struct.unpack(f"<{n}{code}", content[10 + length:])
    return head["descr"], head["shape"], list(values)
