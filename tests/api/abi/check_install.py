#!/usr/bin/env python3
"""An installed Oriel can be used by what it installs: a program finds it
through pkg-config, links the shared and the static library, and runs.

usage: check_install.py BUILD_ROOT PROGRAM.c VERSION COMPILER...
"""
import os
import pathlib
import subprocess
import sys
import tempfile


def run(command, **more):
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, **more)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}")
    return result.stdout


def install(build, root):
    run(["meson", "install", "--no-rebuild", "-C", build, "--destdir", root])
    return next(root.rglob("oriel.pc"))


def flags(pc, root, *wanted):
    environment = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=str(root),
                       PKG_CONFIG_PATH=str(pc.parent))
    return run(["pkg-config", *wanted, "oriel"], env=environment).split()


def build_and_run(compiler, program, root, name, arguments, libraries):
    executable = root / name
    run([*compiler, "-std=c99", program, "-o", executable, *arguments])
    environment = dict(os.environ, LD_LIBRARY_PATH=str(libraries))
    run([executable], env=environment)
    return run(["readelf", "-d", executable])


def main(build, program, version, *compiler):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        pc = install(build, root)
        libraries = pc.parent.parent
        told = flags(pc, root, "--modversion")
        if told != [version]:
            sys.exit(f"oriel.pc is of version {told}, not {version}")

        shared = flags(pc, root, "--cflags", "--libs")
        needs = build_and_run(compiler, program, root, "shared", shared,
                              libraries)
        if f"liboriel.so.{version.split('.')[0]}" not in needs:
            sys.exit("the program does not need liboriel.so")

        static = flags(pc, root, "--static", "--cflags", "--libs")
        static = [str(libraries / "liboriel.a") if word == "-loriel" else word
                  for word in static]
        needs = build_and_run(compiler, program, root, "static", static, "")
        if "liboriel" in needs:
            sys.exit("the static program needs liboriel.so")

        headers = sorted(path.name for path in root.rglob("include/oriel/*"))
        if headers != ["oriel.h", "types.h"]:
            sys.exit(f"installed headers: {headers}")
    print("an installed Oriel links, shared and static")


if __name__ == "__main__":
    main(*sys.argv[1:])
