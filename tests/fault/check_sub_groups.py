#!/usr/bin/env python3
"""Where only those programs of `tile` compute wrongly that broadcast in
sub-groups, `oriel selftest` says that tile is wrong, and other plans of tile
take the place of those, from the first use on.

The device poses as a GPU, since CPUs are offered no such plans. Without
sub-groups that kernels can ask for the test is skipped.

usage: check_sub_groups.py ORIEL LAYER GPU_LAYER
"""
import json
import os
import sys
import tempfile

import check_selftest

PROBLEM = "h4 q300 k310 d16 w60,4"
FAULTY = "attend_tile -DBROADCAST=1"
# A GPU with its own local memory, whose kernels keep nothing in memory, and
# which has sub-groups of 8 and 16 if it has any.
ANSWERS = "1000=4:8 1022=1:4 11B4=0:8 4108=8.10:8"
FOUND = "the family is not used any more in sub-groups"
KEPT = "family tile in sub-groups failed its self-test"
SKIPPED = 77  # as Meson counts it


class Device:
    """The device at hand through the layers, with a cache of its own."""

    def __init__(self, program, layers, cache):
        self.program, self.layers, self.cache = program, layers, cache

    def oriel(self, *arguments, flip=FAULTY, status=0, told=""):
        result = check_selftest.oriel(self.program, self.cache, self.layers,
                                      flip, *arguments)
        check_selftest.expect(result, status, told)
        return result

    def json(self, *arguments, **how):
        """With --json, and how often it was said that sub-groups fail."""
        result = self.oriel(*arguments, "--json", **how)
        words = result.stderr
        return json.loads(result.stdout), words.count(FOUND), words.count(KEPT)


def demand(claim, *what):
    if not claim:
        sys.exit(" ".join(map(str, what)))


def has_sub_groups(device):
    listed, _, _ = device.json("devices", flip=None)
    chosen = next(d for d in listed if d["chosen"])
    sizes = chosen["facts"].get("sub_groups", 0)
    demand(sizes or "Intel(R) OpenCL" not in chosen["platform"],
           "Intel's sub-groups are not found:", chosen)
    return sizes > 0


def check_plain(row):
    words = row["plan"].split()
    demand(words[0] == "tile" and "broadcast" not in words, row)


def check_first_use(device):
    """Returns the plan in sub-groups that is taken where all is well."""
    best = device.json("explain", PROBLEM, flip=None)[0]["plan"]
    demand(best.startswith("tile ") and best.endswith(" broadcast"), best)
    row, found, kept = device.json("run", PROBLEM, "--check")
    check_plain(row)
    demand((found, kept) == (1, 0), "first use: told", found, kept)
    return best


def check_selftest_says_wrong(device):
    rows, found, kept = device.json("selftest", status=1)
    demand((found, kept) == (1, 0), "selftest: told", found, kept)
    wrong = [r for r in rows if r["verdict"] == "wrong"]
    demand(len(wrong) == 1 and wrong[0]["family"] == "tile" and
           "tile.cl fails its self-test" in wrong[0]["reason"], wrong)
    plain = [r for r in rows if r["family"] == "tile" and r not in wrong]
    demand(len(plain) == 2 and all(r["verdict"] == "right" for r in plain),
           plain)


def check_kept(device, broadcast):
    """The verdict of an earlier process."""
    row, found, kept = device.json("run", PROBLEM, "--check")
    check_plain(row)
    demand((found, kept) == (0, 1), "later use: told", found, kept)
    device.oriel("run", PROBLEM, "--plan", broadcast, status=3,
                 told="its self-test in sub-groups failed on this device")


def main(program, layer, gpu_layer):
    os.environ["ANSWERS"] = ANSWERS
    layers = f"{gpu_layer}:{layer}"
    with tempfile.TemporaryDirectory() as cache:
        device = Device(program, layers, cache)
        if not has_sub_groups(device):
            print("skipped: this device has no sub-groups of 8 or 16 that "
                  "kernels can ask for")
            return SKIPPED
        broadcast = check_first_use(device)
    with tempfile.TemporaryDirectory() as cache:
        device = Device(program, layers, cache)
        check_selftest_says_wrong(device)
        check_kept(device, broadcast)
    print("sub-groups that compute wrongly are found, told and avoided")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
