"""A peer as `oriel bench --peers` starts it, right or with a fault:

    python3 fake_peer.py FAULT THREADS PROBLEM IN.npz OUT.npy
"""
import array
import math
import os
import signal
import sys
import time
import zipfile

import files

FAULT, THREADS, PROBLEM, IN, OUT = sys.argv[1:]


def say(*words):
    print(*words, flush=True)


def tensor(archive, name):
    """Shape and numbers of a member, read without the code that wrote it."""
    raw = archive.read(name + ".npy")
    length = raw[8] + 256 * raw[9]
    header = raw[10:10 + length].decode()
    assert "'<f4'" in header and "'fortran_order': False" in header, header
    shape = header[header.index("(") + 1:header.index(")")].split(",")
    numbers = array.array("f")
    numbers.frombytes(raw[10 + length:])
    return [int(x) for x in shape if x.strip()], numbers


def attend(q, k, v):
    (batch, heads, queries, dim), qs = q
    (_, kv_heads, keys, _), ks = k
    (_, _, _, v_dim), vs = v
    window = next(w for w in PROBLEM.split() if w[0] == "w")
    left, right = map(int, window[1:].split(","))
    out = []
    for b in range(batch):
        for h in range(heads):
            group = b * kv_heads + h * kv_heads // heads
            for i in range(queries):
                row = ((b * heads + h) * queries + i) * dim
                place = keys - queries + i
                seen = range(max(0, place - left), min(keys, place + right + 1))
                scores = [sum(qs[row + c] * ks[(group * keys + j) * dim + c]
                              for c in range(dim)) / math.sqrt(dim)
                          for j in seen]
                if FAULT == "wrong":
                    scores[0] = -math.inf
                peak = max(scores)
                weights = [math.exp(s - peak) for s in scores]
                out += [sum(w * vs[(group * keys + j) * v_dim + c]
                            for w, j in zip(weights, seen)) / sum(weights)
                        for c in range(v_dim)]
    shape = (batch, heads, queries, v_dim)
    return shape, [math.nan] * len(out) if FAULT == "nan" else out


def main():
    if FAULT in ("unsupported", "missing"):
        say(FAULT, "because it is fake")
        return
    if FAULT == "babbles":
        say("hello")
        return
    with zipfile.ZipFile(IN) as archive:
        inputs = [tensor(archive, name) for name in "qkv"]
    say(f"ready fake {FAULT}, 1.2.3 of today, {THREADS} threads")
    if FAULT == "tires" and inputs[0][0][2] > 4096:
        sys.exit(3)
    if FAULT == "hangs":
        time.sleep(1000)
    result, runs = None, 0
    for line in sys.stdin:
        if line == "write\n":
            with open(OUT, "wb") as out:
                out.write(files.npy(*result, "<f4"))
            say("written")
            continue
        assert line == "run\n", line
        runs += 1
        if FAULT == "dies" or (FAULT == "dies later" and runs == 3):
            sys.exit(3)
        if FAULT == "interrupts" and runs == 4 and "q6" in PROBLEM.split():
            os.kill(os.getppid(), signal.SIGINT)
        begin = time.perf_counter()
        result = result or attend(*inputs)
        say("seconds", "no idea" if FAULT == "cannot count" else
            max(0.25, time.perf_counter() - begin) if FAULT == "slow" else
            0.125)


main()
