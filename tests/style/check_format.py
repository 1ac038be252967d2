#!/usr/bin/env python3
"""Every C and OpenCL file is as clang-format leaves it.

usage: check_format.py SOURCE_ROOT CLANG_FORMAT
"""
import pathlib
import subprocess
import sys

FOLDERS = ("include", "src", "kernels", "tests", "tools", "examples")
SUFFIXES = {".c", ".h", ".cl", ".clh"}


def main(root, clang_format):
    root = pathlib.Path(root)
    files = [path for folder in FOLDERS
             for path in sorted((root / folder).rglob("*"))
             if path.suffix in SUFFIXES]
    if not files:
        print(f"{root}: no files to check")
        return 1
    return subprocess.call([clang_format, "--dry-run", "-Werror", *files],
                           cwd=root)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
