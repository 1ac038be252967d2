#!/usr/bin/env python3
"""Compile what GPUs are offered for GPUs that are not here.

usage: check_isa.py LIST_PROGRAMS TESTS TABLE [--write] [TARGET...]

Fails if a program does not compile for a target, if one of tile, matrix or
segment spills registers or keeps anything in scratch memory (of Intel's: one
that broadcasts, or the planner's choice), if cores hold too few waves of what
the planner chooses, if too few instructions of its long loops multiply and
add, or if the table in the docs is not the one these compilers give; --write
writes it anew. Exit status 77 where the compilers are not
installed: tools/install-offline brings them. That is a failure where
ORIEL_OFFLINE names the folder in which they should be.

TESTS: the folder tests, which has facts of a device of each target.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import compilers
import occupancy

SKIPPED = 77
HEAD = """# Machine code of the GPU kernels

What compilers that need no device make of every program that GPUs are offered
(`meson test --suite isa`; written by `ninja -C BUILD isa-write`): for each
target those that the planner would try on a recorded device, with batches that
keep all of it busy, its choice marked with a star. No program of `tile`,
`matrix` or `segment` may spill a register, but on Intel's GPUs, where a driver
tells of it and another program takes its place; there no choice may, nor one
that broadcasts.

`row`, the family that fits everywhere, keeps its scores in private memory.

Waves: how many a SIMD of AMD, one of the four schedulers of an SM, or a vector
engine of Intel (its threads) holds at a time, by registers, local memory and
the size of groups; tests/isa/occupancy.py has the rules and their sources. A
choice must have 2 of them: 8 warps of an SM.

Loops: multiply-adds per 100 instructions of the two long loops of `tile`,
scores and sums of values, without jumps the stretches of code that are made of
them, and share: the same of both together, as often as a tile takes each.
Waits (s_waitcnt, s_delay_alu, s_nop, s_clause; sync of Intel) are not counted:
NVIDIA has them inside other instructions. On gfx90a and gfx942 one instruction
can hold two multiply-adds, on gfx1100 and gfx1201 a pair of instructions is
one, so that the most is 200 there. A choice for f32 must have a share of 80, on
Intel 70.

Of `matrix`: products of matrices in the loop over tiles
of keys, of so many instructions, among them the rare path for values that are
not finite. Spilled: registers (AMD), bytes (NVIDIA), or bytes of a sub-group
(Intel).

"""
COLUMNS = ["target", "problem", "plan", "waves", "registers", "spilled",
           "scratch B", "local B", "loops %", "share %"]

# Facts of a device of each target, in the folder tests.
DEVICES = {
    "gfx906": "golden/devices/mi50", "gfx908": "isa/devices/gfx908",
    "gfx90a": "golden/devices/mi210", "gfx942": "golden/devices/mi300x",
    "gfx1030": "golden/devices/radeon-rx-6600-xt",
    "gfx1100": "golden/devices/radeon-rx-7900-xtx",
    "gfx1201": "golden/devices/radeon-ai-pro-r9700",
    "sm_75": "golden/devices/rtx-2080-ti", "sm_80": "golden/devices/a100",
    "sm_89": "golden/devices/rtx-4090", "sm_90": "golden/devices/h100",
    "sm_100": "golden/devices/b200", "sm_120": "isa/devices/sm_120",
    "tgllp": "isa/devices/tgllp", "dg2": "golden/devices/arc-a750",
    "pvc": "golden/devices/max-1100",
}


def read_facts(path):
    """A number, or a text, of each line of src/model/device_text.h."""
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines()
             if line and not line.startswith("#")]
    return {name: int(value) if value.isdigit() else value
            for name, value in lines}


def programs(lister, folder, devices):
    """(target, problem, plan, options, items, place) of every program."""
    lines = subprocess.run(
        [lister, folder] + [f"{target}={path}" for target, path in
                            devices.items()],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return [line.split(" | ") for line in lines]


def short(problem):
    """Without what is the same everywhere."""
    same = ("b64", "b256", "h1", "q4096", "w127,0", "k4096", "winf,0")
    return " ".join(w for w in problem.split() if w not in same)


def words_of(options):
    return {name: int(value) for name, value in
            re.findall(r"-D(\w+)=(-?\d+)", options)}


def products_of(options):
    """Products that a wave needs for a tile of keys, as kernels/matrix.cl has
    them: as many as an instruction of the unit can do."""
    words = words_of(options)
    width = 8 if words["ENGINE"] in (1, 2, 8) else 16
    single, engine = words["K_TYPE"] == 1, words["ENGINE"]
    split = (4 if single else
             2 if engine == 2 or engine == 6 and words["K_TYPE"] == 3 else 1)
    keys = words["KEY_TILE"] // 16
    head, v = (-(-words[name] // 16) for name in ("HEAD_DIM", "V_DIM"))
    return words["ROW_TILES"] * split * keys * (head + v) * 16 // width


def must_not_spill(target, plan, chosen):
    """Of Intel's, what is made for it, or chosen; what its compiler makes of
    the rest is told by the table, and a driver's tells the library."""
    if target in compilers.INTEL:
        return chosen or plan.endswith("broadcast")
    return not plan.startswith("row")


def share_of(options, loops):
    """Multiply-adds per 100 instructions of both long loops of a tile of keys;
    None if they were not found."""
    if len(loops) < 2:
        return None
    words = words_of(options)
    items = words["KEY_TILE"] // words["ITEM_KEYS"] * words["TEAM"]
    scores = words["ITEM_KEYS"] * words["CHANNEL_CHUNK"] // words["TEAM"] * -(
        -words["HEAD_DIM"] // words["CHANNEL_CHUNK"])
    values = words["KEY_TILE"] * words["SUM_LANES"] * -(
        -words["V_DIM"] // (items * words["SUM_LANES"]))
    *first, last = loops
    slots = (scores * sum(length for _, length in first) /
             sum(count for count, _ in first) + values * last[1] / last[0])
    return 100 * (scores + values) / slots


def least_share(target, options):
    """Asked of f32 alone; 0: nothing."""
    words = words_of(options)
    single = all(words[f"{tensor}_TYPE"] == 1 for tensor in "QKV")
    return (70 if target in compilers.INTEL else 80) if single else 0


def share_faults(share, job):
    target, _, plan, options, _, place = job
    if place != "1" or not plan.startswith("tile"):
        return []
    least = least_share(target, options)
    if share is None:
        return ["has no two long loops of multiply-adds"] if least else []
    if round(share) >= least:
        return []
    return [f"has {share:.0f} multiply-adds per 100 instructions, not {least}"]


def faults_of(facts, waves, job):
    target, problem, plan, options, _, place = job
    faults = []
    spills = facts["spilled"] or facts["scratch"]
    if spills and must_not_spill(target, plan, place == "1"):
        faults.append("keeps registers in memory")
    if facts["registers"] == 0:
        faults.append("gave no kernel")
    if place == "1" and waves < occupancy.LEAST:
        faults.append(f"leaves a core {waves:.3g} waves of a scheduler, not "
                      f"{occupancy.LEAST}")
    if plan.startswith("matrix") and facts["products"][0] < products_of(options):
        faults.append(f"has {facts['products'][0]} products of matrices in "
                      f"its loop, not {products_of(options)}")
    return faults


def one(tools, folder, number, job, facts_of_device):
    target, problem, plan, options, items, place = job
    kernel = plan.split()[0]
    source = pathlib.Path(folder) / f"{kernel}.cl"
    name = f"{target} | {problem} | {plan}"
    try:
        facts = compilers.compile_program(tools, target, source, options,
                                          int(items), f"{folder}/{number}")
    except subprocess.CalledProcessError as error:
        text = (error.stderr or error.stdout or "").strip()
        return None, f"{name}: {text[:400]}"
    waves = occupancy.waves(target, facts_of_device, facts, int(items))
    faults = faults_of(facts, waves, job)
    loops = share = ""
    if kernel == "tile":
        loops = " ".join(f"{100 * count / length:.0f}"
                         for count, length in facts["loops"])
        share = share_of(options, facts["loops"])
        faults += share_faults(share, job)
        share = "" if share is None else f"{share:.0f}"
    if kernel == "matrix":
        loops = "{} of {}".format(*facts["products"])
    cells = [target, short(problem), plan + " *" * (place == "1"),
             f"{waves:.3g}", facts["registers"], facts["spilled"],
             facts["scratch"], facts["local"], loops, share]
    return cells, f"{name}: " + ", ".join(faults) if faults else None


def table_of(rows, versions):
    lines = [HEAD + f"Compilers: {versions}.", ""]
    lines.append("| " + " | ".join(COLUMNS) + " |")
    lines.append("|---" * len(COLUMNS) + "|")
    for cells in rows:
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main(arguments):
    write = "--write" in arguments
    lister, tests, table, *wanted = [a for a in arguments if a != "--write"]
    tools = compilers.find()
    missing = [name for name, path in tools.items() if not path]
    if missing:
        print("not installed:", ", ".join(missing) +
              "; tools/install-offline brings them")
        return 1 if "ORIEL_OFFLINE" in os.environ else SKIPPED
    devices = {target: pathlib.Path(tests) / f"{name}.txt"
               for target, name in DEVICES.items()
               if not wanted or target in wanted}
    facts = {target: read_facts(path) for target, path in devices.items()}
    with tempfile.TemporaryDirectory() as folder:
        jobs = programs(lister, folder, devices)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(
                lambda n: one(tools, folder, n, jobs[n], facts[jobs[n][0]]),
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
