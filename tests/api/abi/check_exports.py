#!/usr/bin/env python3
"""The symbols a shared library exports are those of a list, and its SONAME
carries the major version.

usage: check_exports.py LIBRARY SYMBOLS VERSION
"""
import pathlib
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def exported(library):
    lines = output("nm", "-D", "--defined-only", library).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines}


def listed(path):
    lines = pathlib.Path(path).read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def main(library, symbols, version):
    got, wanted = exported(library), listed(symbols)
    faults = [f"{name} is exported and not listed"
              for name in sorted(got - wanted)]
    faults += [f"{name} is listed and not exported"
               for name in sorted(wanted - got)]
    major = version.split(".")[0]
    soname = re.search(r"SONAME.*\[(.*)\]", output("readelf", "-d", library))
    if not soname or soname.group(1) != f"liboriel.so.{major}":
        faults.append(f"the SONAME is {soname and soname.group(1)}")
    print("\n".join(faults) or "exports and SONAME are as listed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
