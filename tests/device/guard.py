#!/usr/bin/env python3
"""Runs a test under Oclgrind, which reports races, reads of what was never
written and wrong calls of OpenCL, and then ends as if nothing had been.

usage: guard.py COMMAND...

The command's output is passed on; its exit status is that of a failure if the
output holds a report.
"""
import re
import subprocess
import sys

REPORT = re.compile(r"data race at|Invalid (read|write|memory) |[Uu]ninitialized "
                    r"(value|data|address|index)|runtime error detected|OCLGRIND "
                    r"FATAL|Undefined external|Work-item finished without|"
                    r"divergence detected|Out of bounds")
MOST_SHOWN = 200
SKIPPED = 77  # as Meson counts it: no failure


def reports(lines):
    return [line for line in lines if REPORT.search(line)]


def main(command):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          errors="replace")
    lines = done.stdout.splitlines()
    found = reports(lines)
    print("\n".join(lines[:MOST_SHOWN] + found[:MOST_SHOWN]))
    if found:
        print(f"{len(found)} reports of Oclgrind")
    if found and done.returncode in (0, SKIPPED):
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
