#!/usr/bin/env python3
"""Compile what GPUs are offered for GPUs that are not here.

usage: check_isa.py LIST_PROGRAMS TABLE [--write] [TARGET...]

Fails if a program does not compile for a target, if one of tile, matrix or
segment spills registers or keeps anything in scratch memory (of Intel's: one
that broadcasts), or if the table in the docs is not the one these compilers
give; --write writes it anew. Exit status 77 where the compilers are not
installed: tools/install-offline brings them. That is a failure where
ORIEL_OFFLINE names the folder in which they should be.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import compilers

SKIPPED = 77
HEAD = """# Machine code of the GPU kernels

What compilers that need no device make of every program that GPUs are offered
(`meson test --suite isa`; written by `ninja -C BUILD isa-write`). No program
of `tile`, `matrix` or `segment` may spill a register. `row`, the family that
fits everywhere, keeps its scores in private memory. For Intel that holds of
`broadcast`, which is made for it; other programs that spill there are not used.

Loops: multiply-adds per 100 instructions of the two long loops of `tile`,
scores and sums of values. On gfx90a and gfx942 one instruction can hold two
multiply-adds, on gfx1100 and gfx1201 a pair of instructions is one, so that
the most is 200 there. Of Intel: of each stretch of code without jumps that is
made of them. Of `matrix`: products of matrices in the loop over tiles
of keys, of so many instructions, among them the rare path for values that are
not finite. Spilled: registers (AMD), bytes (NVIDIA), or bytes of a sub-group
(Intel).

"""
COLUMNS = ["target", "problem", "plan", "registers", "spilled", "scratch B",
           "local B", "loops %"]


# Targets that have a matrix unit.
UNITS = {"mma": ["sm_80", "sm_89", "sm_90"], "mma8": ["sm_75"],
         "wmma11": ["gfx1100"], "wmma12": ["gfx1201"],
         "mfma": ["gfx90a", "gfx942"], "mfma8": ["gfx908"]}


# Targets that have sub-groups of so many lanes that broadcast.
LANES = {"lanes8": ["tgllp", "dg2"], "lanes16": ["pvc"]}


def targets_of(kind, wanted):
    if kind in UNITS:
        return [t for t in UNITS[kind] if not wanted or t in wanted]
    if kind in LANES:
        return [t for t in LANES[kind] if not wanted or t in wanted]
    paired = ["gfx90a", "gfx942"]
    every = compilers.AMD + compilers.NVIDIA
    mine = [t for t in every
            if (t in paired) == (kind == "paired") and t != "gfx908"]
    return [t for t in mine if not wanted or t in wanted]


def programs(lister, folder):
    """(class, problem, plan, options) of every program."""
    lines = subprocess.run([lister, folder], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return [line.split(" | ") for line in lines]


def short(problem):
    """Without what is the same everywhere."""
    words = problem.split()
    return " ".join(w for w in words if w not in ("h1", "q4096", "w127,0", "k4096", "winf,0"))


def products_of(options):
    """Products that a wave needs for a tile of keys, as kernels/matrix.cl has
    them: as many as an instruction of the unit can do."""
    words = {name: int(value) for name, value in
             re.findall(r"-D(\w+)=(-?\d+)", options)}
    width = 8 if words["ENGINE"] <= 2 else 16
    single, engine = words["K_TYPE"] == 1, words["ENGINE"]
    split = (4 if single else
             2 if engine == 2 or engine == 6 and words["K_TYPE"] == 3 else 1)
    keys = words["KEY_TILE"] // 16
    head, v = (-(-words[name] // 16) for name in ("HEAD_DIM", "V_DIM"))
    return words["ROW_TILES"] * split * keys * (head + v) * 16 // width


def must_not_spill(target, plan):
    """Of Intel's, what is made for it; what its compiler makes of the rest is
    told by the table, and a driver's tells the library, which takes another."""
    if target in compilers.INTEL:
        return plan.endswith("broadcast")
    return not plan.startswith("row")


def one(tools, folder, number, job):
    target, problem, plan, options = job
    kernel = plan.split()[0]
    source = pathlib.Path(folder) / f"{kernel}.cl"
    try:
        facts = compilers.compile_program(tools, target, source, options,
                                          f"{folder}/{number}")
    except subprocess.CalledProcessError as error:
        text = (error.stderr or error.stdout or "").strip()
        return None, f"{target} | {problem} | {plan}: {text[:400]}"
    faults = []
    if must_not_spill(target, plan) and (facts["spilled"] or facts["scratch"]):
        faults.append("keeps registers in memory")
    if facts["registers"] == 0:
        faults.append("gave no kernel")
    loops = " ".join(map(str, facts["shares"])) if kernel == "tile" else ""
    if kernel == "matrix":
        products, length = facts["products"]
        loops = f"{products} of {length}"
        if products < products_of(options):
            faults.append(f"has {products} products of matrices in its loop, "
                          f"not {products_of(options)}")
    cells = [target, short(problem), plan, facts["registers"],
             facts["spilled"], facts["scratch"], facts["local"], loops]
    fault = f"{target} | {problem} | {plan}: " + ", ".join(faults)
    return cells, fault if faults else None


def table_of(rows, versions):
    lines = [HEAD + f"Compilers: {versions}.", ""]
    lines.append("| " + " | ".join(COLUMNS) + " |")
    lines.append("|---" * len(COLUMNS) + "|")
    for cells in rows:
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main(arguments):
    write = "--write" in arguments
    lister, table, *wanted = [a for a in arguments if a != "--write"]
    tools = compilers.find()
    missing = [name for name, path in tools.items() if not path]
    if missing:
        print("not installed:", ", ".join(missing) +
              "; tools/install-offline brings them")
        return 1 if "ORIEL_OFFLINE" in os.environ else SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        jobs = [(target, problem, plan, options)
                for kind, problem, plan, options in programs(lister, folder)
                for target in targets_of(kind, wanted)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda n: one(tools, folder, n, jobs[n]),
                                    range(len(jobs))))
    rows = sorted((cells for cells, _ in results if cells),
                  key=lambda cells: (cells[2].split()[0],
                                     compilers.TARGETS.index(cells[0])))
    faults = [fault for _, fault in results if fault]
    for target in wanted or compilers.TARGETS:
        if not any(cells[0] == target for cells in rows):
            faults.append(f"{target}: no program compiled")

    versions = compilers.versions(tools)
    text = table_of(rows, versions)
    path = pathlib.Path(table)
    if write:
        path.write_text(text)
    elif not wanted:
        known = path.read_text() if path.exists() else ""
        if versions not in known:
            print("the table in the docs is of other compilers, not compared")
        elif known != text:
            faults.append(f"{path.name} is not what the compilers give now: "
                          "ninja -C BUILD isa-write")
    print(f"{len(rows)} programs compiled, {len(faults)} at fault")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
