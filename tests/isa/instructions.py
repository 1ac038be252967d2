"""Assembly of AMD, NVIDIA and Intel: how much of it are multiply-adds, or products
of matrices."""
import re

AMD_FUSED = re.compile(r"v_(pk_)?(fma|fmac|mad|mac)(ak|mk)?_f32")
DUAL_FUSED = re.compile(r"v_dual_(fma|fmac)")


def amd(text):
    """Instructions as (name, operands), and where labels stand."""
    code, labels = [], {}
    inside = False
    for line in text.splitlines():
        if re.match(r"attend_\w+:", line):
            inside = True
        elif line.lstrip().startswith(".section"):
            inside = False
        if not inside:
            continue
        label = re.match(r"(\.LBB\w+):", line)
        if label:
            labels[label.group(1)] = len(code)
        found = re.match(r"\t([a-z_0-9]+)(.*)$", line)
        if found:
            code.append(found.groups())
    return code, labels


def nvidia(text):
    code, labels = [], {}
    for line in text.splitlines():
        label = re.match(r"(\.L_\w+):", line)
        if label:
            labels[label.group(1)] = len(code)
        found = re.match(
            r"\s+/\*[0-9a-f]+\*/\s+(?:@!?\w+\s+)?([A-Z0-9_.]+)(.*)$", line)
        if found:
            code.append(found.groups())
    return code, labels


INTEL_JUMPS = ("goto", "jmpi", "while", "brd", "brc")


def intel(text):
    code, labels = [], {}
    for line in text.splitlines():
        label = re.match(r"([A-Za-z_]\w*):", line)
        if label:
            labels[label.group(1)] = len(code)
        found = re.match(r"(?:\([^)]*\))?\s*([a-z][\w.]*)(.*)$", line)
        if found and not label:
            code.append(found.groups())
    return code, labels


def fused(instruction):
    """Multiply-adds of one lane in one instruction."""
    name, operands = instruction
    if name.startswith("v_dual_"):
        return len(DUAL_FUSED.findall(name + operands))
    if AMD_FUSED.match(name):
        return 2 if name.startswith("v_pk_") else 1
    if name == "mad":  # of a whole sub-group, not of one number
        return int(bool(re.match(r"\s*\((8|16|32)\|", operands)) and
                   ":f" in operands)
    return 1 if name.startswith("FFMA") else 0


PRODUCT = re.compile(r"v_wmma_|v_mfma_|HMMA|MMA\.|dpas")


def products(parsed):
    """Products of matrices in the loop that has most of them, and all its
    instructions."""
    code, labels = parsed
    counts = [(sum(bool(PRODUCT.match(name)) for name, _ in code[b:e + 1]),
               b - e - 1) for b, e in every_loop(code, labels)]
    most, length = max(counts, default=(0, 0))
    return most, -length


def every_loop(code, labels):
    """All loops, as (first, last) instruction."""
    ends = {}
    for at, (name, operands) in enumerate(code):
        if not name.startswith(("s_cbranch", "s_branch", "BRA") + INTEL_JUMPS):
            continue
        label = re.search(r"\.LBB\w+|\.L_\w+|\bL\d+|\b_\d+_\d+", operands)
        begin = labels.get(label.group()) if label else None
        if begin is not None and begin <= at:
            ends[begin] = max(at, ends.get(begin, 0))
    return sorted(ends.items())


JUMPS = ("s_cbranch", "s_branch", "BRA") + INTEL_JUMPS

# No work of their own: NVIDIA has them as bits of other instructions.
WAITS = ("s_waitcnt", "s_delay_alu", "s_nop", "s_clause", "sync.")

# Of local memory. Intel's two ways, of which the first reads others, too.
READS = ("ds_read", "ds_load", "LDS", "send.dc1", "load.slm")

# What values that are not finite take, on NVIDIA: it makes a loop of theirs that
# looks like a long one.
SELECTS = ("FSEL",)


def blocks(parsed):
    """Instructions between labels and jumps."""
    code, labels = parsed
    ends = {len(code)} | set(labels.values()) | {
        n + 1 for n, (name, _) in enumerate(code) if name.startswith(JUMPS)}
    begin = 0
    for end in sorted(ends):
        yield code[begin:end]
        begin = end


def long_loops(parsed):
    """(multiply-adds, instructions but waits) of each block of one of the two
    long loops, in the order of the code: scores, then sums of values. Some
    compilers unroll them wholly. The rest of a tile, and values that are not
    finite, have fewer multiply-adds, read nothing, or select."""
    result = []
    for block in blocks(parsed):
        count = sum(map(fused, block))
        length = sum(not name.startswith(WAITS) for name, _ in block)
        if (count >= 16 and 100 * count >= 40 * length and
                not any(name.startswith(SELECTS) for name, _ in block) and
                any(name.startswith(READS) for name, _ in block)):
            result.append((count, length))
    return result
