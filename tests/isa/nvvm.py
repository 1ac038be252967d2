#!/usr/bin/env python3
"""PTX much as NVIDIA's driver makes it of OpenCL C, by its own compiler, NVVM.

usage: nvvm.py LIBNVVM IN.ll WORK_ITEMS ARCHITECTURE OUT.ptx

For GPUs before Blackwell NVVM takes the LLVM IR of LLVM 7, with types of
pointers. IN.ll is what clang 14 and opt 14 write, from before any optimization:
older_words() puts it into the older words. The NVVM IR Specification 2.0 has the
names of what is said of kernels.
"""
import ctypes
import pathlib
import re
import sys

LAYOUT = ("e-p:64:64:64-i1:8:8-i8:8:8-i16:16:16-i32:32:32-i64:64:64-"
          "i128:128:128-f32:32:32-f64:64:64-v16:16:16-v32:32:32-v64:64:64-"
          "v128:128:128-n16:32:64")
NEWER_ATTRIBUTES = (
    r"\b(?:noundef|immarg|mustprogress|willreturn|nofree|nosync|nocallback|"
    r"spir_kernel|spir_func)\b ?")
METADATA = r", !(?:srcloc|tbaa|tbaa\.struct|noalias|alias\.scope) !\d+"
MODULE_FACTS = r"^!(?:nvvm\.annotations|llvm\.\w+(?:\.\w+)?|opencl[.\w]*) = .*$"
VERSION = "nvvmir.version", "i32 2, i32 0"


def named(name, *lists):
    """A list of lists, whose numbers nobody else has."""
    numbers = [1000 * (1000 + len(name)) + n for n in range(len(lists))]
    return (f"!{name} = !{{{', '.join(f'!{n}' for n in numbers)}}}\n" +
            "".join(f"!{n} = !{{{words}}}\n"
                    for n, words in zip(numbers, lists)))


def negation(found):
    """fneg of a newer LLVM is a subtraction from -0."""
    kind, count = found["kind"], found["count"]
    minus = (f"<{', '.join(['float -0.0'] * int(count))}>" if count else "-0.0")
    return f"fsub {kind} {minus}, "


def parameters(text, kernel):
    """Types of those of a kernel."""
    line = re.search(rf"^define [^\n]*?@{kernel}\((.*)\) ", text,
                     re.MULTILINE).group(1)
    # commas within (), <>, {} and [] do not part two parameters
    parts, depth = [""], 0
    for letter in line:
        depth += (letter in "(<{[") - (letter in ")>}]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [re.sub(r" (?:noalias|nocapture|readonly|readnone|writeonly|byval|"
                   r"align \d+|%[\w.]+)(?= |$)", "", part.strip() + " ").strip()
            for part in parts]


def facts_of(text, kernel, items):
    """What is said of a kernel whose groups have so many work-items."""
    types = ", ".join(parameters(text, kernel))
    facts = {"kernel": 1, "reqntidx": items, "reqntidy": 1, "reqntidz": 1}
    said = ", ".join(f'!"{name}", i32 {value}' for name, value in facts.items())
    return f"void ({types})* @{kernel}, {said}"


def older_words(text, items):
    """IR of LLVM 14 as LLVM 7 reads it."""
    kernels = re.findall(r"^define [^\n]*?spir_kernel [^\n]*?@(\w+)\(", text,
                         re.MULTILINE)
    text = re.sub(NEWER_ATTRIBUTES, "", text)
    text = re.sub(r"\b(byval|sret)\([^()\n]*\) ", r"\1 ", text)
    text = re.sub(r"fneg (?P<kind><(?P<count>\d+) x float>|float) ", negation,
                  text)
    text = re.sub(r"((?:atomicrmw|cmpxchg)[^\n]*), align \d+", r"\1", text)
    text = text.replace(" poison", " undef")
    text = re.sub(METADATA, "", text)
    text = re.sub(MODULE_FACTS, "", text, flags=re.MULTILINE)
    text = re.sub(r"target datalayout = .*", f'target datalayout = "{LAYOUT}"',
                  text)
    text = re.sub(r"target triple = .*",
                  'target triple = "nvptx64-nvidia-cuda"', text)
    said = [facts_of(text, kernel, items) for kernel in kernels]
    return text + named("nvvm.annotations", *said) + named(*VERSION)


def compile_ir(library, text, architecture):
    """PTX; exits with what the library says where it cannot."""
    nvvm = ctypes.CDLL(library)
    program = ctypes.c_void_p()
    source = text.encode()

    def answer(size_of, get):
        size = ctypes.c_size_t()
        getattr(nvvm, size_of)(program, ctypes.byref(size))
        words = ctypes.create_string_buffer(size.value)
        getattr(nvvm, get)(program, words)
        return words.value.decode()

    options = [f"-arch={architecture}".encode(), b"-opt=3"]
    failed = (nvvm.nvvmCreateProgram(ctypes.byref(program)) or
              nvvm.nvvmAddModuleToProgram(program, source,
                                          ctypes.c_size_t(len(source)),
                                          b"kernel") or
              nvvm.nvvmCompileProgram(
                  program, len(options),
                  (ctypes.c_char_p * len(options))(*options)))
    if failed:
        sys.exit(answer("nvvmGetProgramLogSize", "nvvmGetProgramLog") or
                 f"{library}: error {failed}")
    return answer("nvvmGetCompiledResultSize", "nvvmGetCompiledResult")


def version(library):
    """Of the release that the library is of, as it says in PTX."""
    empty = (f'target datalayout = "{LAYOUT}"\n'
             'target triple = "nvptx64-nvidia-cuda"\n'
             + named(*VERSION))
    return re.search(r"V(\d\S*)",
                     compile_ir(library, empty, "compute_90")).group(1)


def main(arguments):
    library, source, items, architecture, out = arguments
    text = older_words(pathlib.Path(source).read_text(), items)
    pathlib.Path(out).write_text(compile_ir(library, text, architecture))


if __name__ == "__main__":
    main(sys.argv[1:])
