"""Assembly of AMD and NVIDIA: how much of it are multiply-adds, or products
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


def fused(instruction):
    """Multiply-adds of one lane in one instruction."""
    name, operands = instruction
    if name.startswith("v_dual_"):
        return len(DUAL_FUSED.findall(name + operands))
    if AMD_FUSED.match(name):
        return 2 if name.startswith("v_pk_") else 1
    return 1 if name.startswith("FFMA") else 0


PRODUCT = re.compile(r"v_wmma_|v_mfma_|HMMA|MMA\.")


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
        if not name.startswith(("s_cbranch", "s_branch", "BRA")):
            continue
        label = re.search(r"\.LBB\w+|\.L_\w+", operands)
        begin = labels.get(label.group()) if label else None
        if begin is not None and begin <= at:
            ends[begin] = max(at, ends.get(begin, 0))
    return sorted(ends.items())


def loops(code, labels):
    """Innermost loops."""
    every = every_loop(code, labels)
    return [loop for loop in every
            if not any(other != loop and loop[0] <= other[0] and
                       other[1] <= loop[1] for other in every)]


def shares(parsed):
    """Multiply-adds per 100 instructions of each long innermost loop that is
    made of them, in the order of the code: scores, then sums of values."""
    code, labels = parsed
    result = []
    for begin, end in loops(code, labels):
        body = code[begin:end + 1]
        count = sum(map(fused, body))
        share = round(100 * count / len(body))
        # The slow path for values that are not finite is below.
        if count >= 16 and share >= 40:
            result.append(share)
    return result
