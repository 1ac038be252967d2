#!/usr/bin/env python3
"""A device that computes wrongly is found by `oriel selftest`, and `oriel run`
then does without the family, or refuses where there is no other.

usage: check_selftest.py ORIEL LAYER
"""
import json
import os
import subprocess
import sys
import tempfile

PROBLEM = "h2 q40 d16 w9,0"


def oriel(program, cache, layer, flip, *arguments):
    environment = dict(os.environ, XDG_CACHE_HOME=cache, OPENCL_LAYERS=layer)
    if flip:
        environment["LAYER_FLIP"] = flip
    return subprocess.run([program, *arguments], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def expect(result, status, words):
    told = result.stdout + result.stderr
    if result.returncode != status or words not in told:
        sys.exit(f"{' '.join(result.args)}: exit {result.returncode} instead "
                 f"of {status}, or no \"{words}\" in:\n{told}")


def first_family(program, cache, layer):
    """What the planner takes here."""
    result = oriel(program, cache, layer, None, "explain", PROBLEM, "--json")
    expect(result, 0, "row")
    return json.loads(result.stdout)["plan"].split()[0]


def main(program, layer):
    with tempfile.TemporaryDirectory() as cache:
        family = first_family(program, cache, layer)

    if family == "row":
        print("this device has no family but row, which nothing can replace")
    else:
        with tempfile.TemporaryDirectory() as cache:
            kernel = "attend_" + family
            result = oriel(program, cache, layer, kernel, "selftest")
            expect(result, 1, family + ".cl fails its self-test")
            # The verdict is kept, so the layer may be gone.
            for flip in (kernel, None):
                result = oriel(program, cache, layer, flip, "run", PROBLEM,
                               "--check")
                expect(result, 0, "| row g")

    with tempfile.TemporaryDirectory() as cache:
        result = oriel(program, cache, layer, "*", "run", PROBLEM, "--check")
        expect(result, 3, "self-test")
    print("a wrong device is found, and avoided or refused")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
