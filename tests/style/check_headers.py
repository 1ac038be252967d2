#!/usr/bin/env python3
"""Every header compiles alone, the public ones in each language they promise.

usage: check_headers.py SOURCE_ROOT COMPILER...

COMPILER... is the C compiler; the public headers are also tried with g++ and
clang++, and by clang for 32-bit ARM, as far as these are there.
"""
import pathlib
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
# Pads nothing, so that a descriptor has one layout, whoever compiles it.
PUBLIC = WARNINGS + ["-Wpadded", "-Wundef"]
STANDARDS = {"c": ["c99", "c11", "c17"], "c++": ["c++98", "c++11", "c++17"]}


def compiles(compiler, options, language, standard, header, use=""):
    """Prints what the compiler says if it is not content. Included twice, so
    that a missing guard shows."""
    command = [*compiler, "-fsyntax-only", "-x", language, f"-std={standard}",
               *options, "-"]
    text = f'#include {header}\n#include {header}\n{use}\n'
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    if done.returncode != 0:
        print(f"{header}: {' '.join(command)}\n{done.stderr}")
    return done.returncode == 0


def check_internal(root, compiler):
    right = True
    places = [root / "include", root / "src", root / "tests", root / "tools"]
    places += sorted({path.parent for folder in ("tests", "tools")
                      for path in (root / folder).rglob("*.h")})
    options = WARNINGS + [f"-I{place}" for place in places]
    for folder in ("src", "tests", "tools"):
        for path in sorted((root / folder).rglob("*.h")):
            header = path.relative_to(root / folder).as_posix()
            right &= compiles(compiler, options, "c", "c11", f'"{header}"',
                              "extern int nothing;")
    return right


def check_public(root, compiler):
    right = True
    options = PUBLIC + [f"-I{root / 'include'}"]
    compilers = {"c": [compiler], "c++": []}
    for name in ("g++", "clang++"):
        if shutil.which(name):
            compilers["c++"].append([name])
    for path in sorted((root / "include").rglob("*.h")):
        header = f"<{path.relative_to(root / 'include').as_posix()}>"
        for language, standards in STANDARDS.items():
            for each in compilers[language]:
                for standard in standards:
                    right &= compiles(each, options, language, standard,
                                      header, "extern int nothing;")
    return right


def check_arm(root):
    """No padding where a pointer has 32 bits, either. Freestanding: that needs
    no C library for ARM, and what CL/cl.h takes from the host's fits."""
    if not shutil.which("clang"):
        return True
    options = PUBLIC + ["-ffreestanding", f"-I{root / 'include'}",
                        "-idirafter", "/usr/include"]
    right = True
    for header in ("<oriel/types.h>", "<oriel/oriel.h>"):
        right &= compiles(["clang", "--target=armv7-linux-gnueabihf"], options,
                          "c", "c11", header,
                          '_Static_assert(sizeof(void *) == 4, "");')
    return right


def main(root, *compiler):
    root = pathlib.Path(root)
    right = [check_internal(root, list(compiler)),
             check_public(root, list(compiler)), check_arm(root)]
    print("all headers compile alone" if all(right) else "see above")
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
