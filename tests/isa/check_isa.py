#!/usr/bin/env python3
"""Compile what GPUs are offered for GPUs that are not here.

usage: check_isa.py LIST_PROGRAMS TESTS TABLE [--write] [TARGET...]

Fails if a program does not compile for a target, if one of tile, matrix or
segment spills registers or keeps anything in scratch memory (of Intel's: one
that broadcasts, or the planner's choice), or if the page in the docs, TABLE, is
not what these compilers give; --write writes it anew. Of what the planner
chooses for batches that fill the device: if cores hold too few waves of it, or
if too few instructions of its long loops multiply and add. Its choices for
TESTS/golden/problems.txt need not fill it.

tools/install-offline brings the compilers. Where ORIEL_OFFLINE names the folder
in which they should be, one that is missing is a failure; where it is not set,
the targets of the others are checked, and with no compiler at all the exit
status is 77.

TESTS: the folder tests, which has facts of a device of each target.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import typing

import compilers
import occupancy
import page

SKIPPED = 77
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
    "tgllp": "golden/devices/iris-xe", "dg2": "golden/devices/arc-a750",
    "pvc": "golden/devices/max-1100",
}


def read_facts(path):
    """A number, or a text, of each line of src/model/device_text.h."""
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines()
             if line and not line.startswith("#")]
    return {name: int(value) if value.isdigit() else value
            for name, value in lines}


class Job(typing.NamedTuple):
    """A program, as tests/isa/list_programs.c has it."""
    target: str
    problem: str
    plan: str
    options: str
    items: int  # of a group
    place: int  # 1: the choice; 0: that for a line of the golden problems
    line: str   # the first of those that it is the choice for, or ""

    def program(self):
        return self.target, self.plan, self.options, self.items

    def name(self):
        chosen = f" (chosen for {self.line})" if self.line and self.place else ""
        return f"{self.target} | {self.problem} | {self.plan}{chosen}"


def programs(lister, folder, tests, devices):
    """A job of every program, of the golden problems only what is new."""
    lines = subprocess.run(
        [lister, folder, tests / "golden/problems.txt"] +
        [f"{target}={path}" for target, path in devices.items()],
        check=True, capture_output=True, text=True).stdout.splitlines()
    jobs, golden = [], {}
    for text in lines:
        *words, items, place = text.split(" | ")
        job = Job(*words, int(items), int(place), "")
        if job.place:
            jobs.append(job)
        else:
            golden.setdefault(job.program(), job._replace(line=job.problem))
    known = {job.program() for job in jobs}
    return [job._replace(line=golden[job.program()].line)
            if job.program() in golden else job for job in jobs] + [
                job for program, job in golden.items() if program not in known]


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


def must_not_spill(job):
    """Of Intel's, what is made for it, or chosen; what its compiler makes of
    the rest is told by the table, and a driver's tells the library."""
    if job.plan.startswith("row"):
        return False
    if job.target in compilers.INTEL:
        return bool(job.place == 1 or job.line or
                    job.plan.endswith("broadcast"))
    return True


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
    if job.place != 1 or not job.plan.startswith("tile"):
        return []
    least = least_share(job.target, job.options)
    if share is None:
        return ["has no two long loops of multiply-adds"] if least else []
    if round(share) >= least:
        return []
    return [f"has {share:.0f} multiply-adds per 100 instructions, not {least}"]


def faults_of(facts, waves, job):
    faults = []
    if (facts["spilled"] or facts["scratch"]) and must_not_spill(job):
        faults.append("keeps registers in memory")
    if facts["registers"] == 0:
        faults.append("gave no kernel")
    if job.place == 1 and waves < occupancy.LEAST:
        faults.append(f"leaves a core {waves:.3g} waves of a scheduler, not "
                      f"{occupancy.LEAST}")
    if (job.plan.startswith("matrix") and
            facts["products"][0] < products_of(job.options)):
        faults.append(f"has {facts['products'][0]} products of matrices in "
                      f"its loop, not {products_of(job.options)}")
    return faults


def one(tools, folder, number, job, facts_of_device):
    """Cells of its row, or None, and what is wrong, or None."""
    kernel = job.plan.split()[0]
    source = pathlib.Path(folder) / f"{kernel}.cl"
    try:
        facts = compilers.compile_program(tools, job.target, source,
                                          job.options, job.items,
                                          f"{folder}/{number}")
    except subprocess.CalledProcessError as error:
        text = (error.stderr or error.stdout or "").strip()
        return None, f"{job.name()}: {text[:400]}"
    waves = occupancy.waves(job.target, facts_of_device, facts, job.items)
    faults = faults_of(facts, waves, job)
    loops = share = ""
    if kernel == "tile":
        loops = " ".join(f"{100 * count / length:.0f}"
                         for count, length in facts["loops"])
        share = share_of(job.options, facts["loops"])
        faults += share_faults(share, job)
        share = "" if share is None else f"{share:.0f}"
    if kernel == "matrix":
        loops = "{} of {}".format(*facts["products"])
    cells = [job.target, short(job.problem) if job.place else job.problem,
             job.plan + " *" * (job.place == 1), f"{waves:.3g}",
             facts["registers"], facts["spilled"], facts["scratch"],
             facts["local"], loops, share]
    return cells, f"{job.name()}: " + ", ".join(faults) if faults else None


def run(tools, lister, tests, targets):
    """Jobs, and of each what one() gives."""
    devices = {target: tests / f"{DEVICES[target]}.txt" for target in targets}
    facts = {target: read_facts(path) for target, path in devices.items()}
    with tempfile.TemporaryDirectory() as folder:
        jobs = programs(lister, folder, tests, devices)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return jobs, list(pool.map(
                lambda n: one(tools, folder, n, jobs[n], facts[jobs[n].target]),
                range(len(jobs))))


def in_order(rows):
    return sorted(rows, key=lambda cells: (cells[2].split()[0],
                                           compilers.TARGETS.index(cells[0])))


def page_faults(path, text, versions):
    """Of the page that is there, if it is of the same compilers."""
    known = path.read_text() if path.exists() else ""
    if page.versions_of(known) != versions:
        print(f"{path.name} is of {page.versions_of(known)}, and here are "
              f"{versions}: all is checked, but not whether the page is what "
              "they give")
        return []
    return [] if known == text else [
        f"{path.name} is not what the compilers give now: "
        "ninja -C BUILD isa-write"]


def usable(tools, wanted):
    """Of the targets wanted those whose tools are there; says what is not."""
    missing = [name for name, path in tools.items() if not path]
    if missing:
        print("not installed:", ", ".join(missing) +
              "; tools/install-offline brings them")
    if missing and "ORIEL_OFFLINE" in os.environ:
        return []
    there = compilers.targets(tools)
    left_out = [target for target in wanted if target not in there]
    if left_out:
        print("left out without them:", ", ".join(left_out))
    return [target for target in wanted if target in there]


def main(arguments):
    write = "--write" in arguments
    lister, tests, table, *wanted = [a for a in arguments if a != "--write"]
    all_of_them = wanted or compilers.TARGETS
    unknown = [name for name in wanted if name not in compilers.TARGETS]
    if unknown:
        sys.exit("no such target: " + ", ".join(unknown))
    tools = compilers.find()
    targets = usable(tools, all_of_them)
    if not targets:
        return 1 if "ORIEL_OFFLINE" in os.environ else SKIPPED
    jobs, results = run(tools, lister, pathlib.Path(tests), targets)
    rows = [(job, cells) for job, (cells, _) in zip(jobs, results) if cells]
    faults = [fault for _, fault in results if fault]
    faults += [f"{target}: no program compiled" for target in targets
               if not any(job.target == target for job, _ in rows)]

    versions = compilers.versions(tools)
    text = page.text(in_order(cells for job, cells in rows if job.place),
                     in_order(cells for job, cells in rows if not job.place),
                     versions)
    path = pathlib.Path(table)
    partly = len(targets) < len(all_of_them)
    if partly:
        print(f"{path.name} has those, too: it is not compared")
        faults += [f"{path.name} is not written without them"] if write else []
    elif write:
        path.write_text(text)
    elif not wanted:
        faults += page_faults(path, text, versions)
    print(f"{len(rows)} programs compiled, {len(faults)} at fault")
    for fault in faults:
        print(fault)
    return 1 if faults else SKIPPED if partly else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
