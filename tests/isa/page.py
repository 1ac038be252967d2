"""The text of docs/isa.md, and which compilers it is of."""
import re
import textwrap

import compilers

HEAD = """# Machine code of the GPU kernels

What compilers that need no device make of programs that GPUs are offered
(`meson test --suite isa`; written by `ninja -C BUILD isa-write`): for each
target those of `tile` and `matrix` that the planner would try on a device whose
facts are recorded (of sm_120 and gfx908: taken from manuals), and the best of
`segment` and `row`, for a sample of problems, with batches that keep all of it
busy, its choice marked with a star; then its choices for the problems of the
suite `golden`. No program of `tile`, `matrix` or `segment` may spill a
register, but on Intel's GPUs, where a driver tells of it and another program
takes its place; there no choice may, nor one that broadcasts.

`row` is exempt, and keeps scores and sums in private memory: it runs everywhere
and is what no other family may be worse than, so that nothing could take its
place. It spills registers, too, on {row}. On a device, where driver and
compiler are others than here, a program of the other three may keep 256 bytes
of a work-item in memory, by what the driver tells (`orl_family_unfit` in
src/plan/families.c): a few numbers that are read once a tile do no harm. With
more it is not taken. The suite allows none.

Waves: how many a SIMD of AMD, one of the four schedulers of an SM, or a vector
engine of Intel (its threads) holds at a time, by registers, local memory and
the size of groups; tests/isa/occupancy.py has the rules and their sources. A
choice for a batch that fills the device must have 2 of them: 8 warps of an SM.

Loops: multiply-adds per 100 instructions of the two long loops of `tile`,
scores and sums of values, without jumps the stretches of code that are made of
them, and share: the same of both together, as often as a tile takes each.
Waits (s_waitcnt, s_delay_alu, s_nop, s_clause; sync of Intel) are not counted:
NVIDIA has them inside other instructions. On gfx90a and gfx942 one instruction
can hold two multiply-adds, on gfx1100 and gfx1201 a pair of instructions is
one, so that the most is 200 there. A choice for f32 and a batch that fills the
device must have a share of 80, on Intel 70.

Of `matrix`: products of matrices in the loop over tiles
of keys, of so many instructions, among them the rare path for values that are
not finite. Spilled: registers (AMD), bytes (NVIDIA), or bytes of a sub-group
(Intel).

NVIDIA's machine code is made much as its driver makes it: of LLVM IR that no
pass of clang's has touched, by NVIDIA's NVVM and ptxas, whose registers are
near to what the driver of an H200 tells (h200.md); the library of functions is
libclc. NVVM takes another IR for {ptx}, whose machine code is of PTX for the
target in brackets. Of AMD's device libraries Debian 12 lacks the constants of
{libraries}, which take those of the one in brackets.

Compilers: {versions}."""
GRID = """
## Choices for other problems

What the planner chooses on the same devices for the lines of
tests/golden/problems.txt, where no row above is the same program. They must
compile and must not spill, `row` excepted. Waves and shares are told, not asked
for: many of these problems are too small to fill a device.

"""
COLUMNS = ["target", "problem", "plan", "waves", "registers", "spilled",
           "scratch B", "local B", "loops %", "share %"]


def table(rows):
    lines = ["| " + " | ".join(map(str, cells)) + " |\n"
             for cells in [COLUMNS, *rows]]
    return lines[0] + "|---" * len(COLUMNS) + "|\n" + "".join(lines[1:])


def listed(words):
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:])
                        if part)


def in_brackets(names, prefix=""):
    return listed([f"{name} ({prefix}{other})"
                   for name, other in names.items()])


def head(rows, versions):
    spill = {cells[0] for cells in rows
             if cells[2].startswith("row") and cells[5]}
    words = HEAD.format(
        versions=versions,
        row=listed([name for name in compilers.TARGETS if name in spill]),
        ptx=in_brackets(compilers.PTX_TARGETS),
        libraries=in_brackets(compilers.ISA_VERSIONS, "gfx"))
    return "\n\n".join(textwrap.fill(paragraph, 80, break_on_hyphens=False)
                       for paragraph in words.split("\n\n")) + "\n\n"


def text(rows, grid, versions):
    return head(rows, versions) + table(rows) + GRID + table(grid)


def versions_of(known):
    found = re.search(r"^Compilers: (.*?)\.\n\n", known,
                      re.MULTILINE | re.DOTALL)
    return " ".join(found.group(1).split()) if found else "no compilers"
