#!/usr/bin/env python3
"""The data that tests and demo read is the data that was brought in.

    test_data.py SOURCE_ROOT
"""
import hashlib
import pathlib
import sys


def main():
    root = pathlib.Path(sys.argv[1])
    lines = (root / "tests/conformance/data.sha256").read_text().splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines)
    present = [path.relative_to(root).as_posix()
               for folder in ("examples", "tests/conformance/models")
               for path in (root / folder).glob("*.npz")]
    if sorted(present) != sorted(listed):
        sys.exit("data.sha256 does not list the .npz files that are there")
    for name, wanted in listed.items():
        if hashlib.sha256((root / name).read_bytes()).hexdigest() != wanted:
            sys.exit(f"{name} is not the file that data.sha256 lists")


main()
