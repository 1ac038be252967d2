#!/usr/bin/env python3
"""The program that README.md shows is examples/embed.c, and it works.

    test_readme.py SOURCE_ROOT EMBED
"""
import pathlib
import subprocess
import sys


def main():
    root, embed = pathlib.Path(sys.argv[1]), sys.argv[2]
    program = (root / "examples/embed.c").read_text()
    if f"```c\n{program}```\n" not in (root / "README.md").read_text():
        sys.exit("README.md does not show examples/embed.c as it is")
    told = subprocess.run([embed], capture_output=True, text=True, check=True)
    want = "the last row averages rows 3968 to 4095: 4031.5\n"
    if told.stdout != want:
        sys.exit(f"embed printed {told.stdout!r}, not {want!r}")


main()
