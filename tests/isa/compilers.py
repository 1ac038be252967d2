"""The compilers that need no device: clang for AMD, NVVM and ptxas for NVIDIA,
ocloc for Intel.

tools/install-offline brings them; the environment may name others:
    ISA_CLANG      clang with target amdgcn
    ISA_CLANG_14, ISA_OPT_14    clang and opt of LLVM 14, as nvvm.py needs them
    ISA_NVVM       libnvvm.so
    ISA_PTXAS, ISA_NVDISASM
    ISA_AMD_LIBRARIES    folder of ockl.bc, ocml.bc, ...
    ISA_NVIDIA_LIBRARY   nvptx64--nvidiacl.bc of libclc 14
    ISA_OCLOC            ocloc, with libocloc.so beside it or on the system
"""
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import instructions
import nvvm

PLACE = pathlib.Path(os.environ.get("ORIEL_OFFLINE", "/opt/oriel-offline"))
AMD = ["gfx906", "gfx908", "gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201"]
NVIDIA = ["sm_75", "sm_80", "sm_89", "sm_90", "sm_100", "sm_120"]
# What NVVM has another IR for; PTX runs on all that came later.
PTX_TARGETS = {"sm_100": "sm_90", "sm_120": "sm_90"}
INTEL = ["tgllp", "dg2", "pvc"]
TARGETS = AMD + NVIDIA + INTEL
# Of the libraries of AMD, constants of a target: Debian 12 has none for these,
# which take those of their nearest relative.
ISA_VERSIONS = {"gfx942": "940", "gfx1100": "1030", "gfx1201": "1030"}
NEEDED = [(AMD, ["clang", "amd"]),
          (NVIDIA, ["clang 14", "opt 14", "nvvm", "ptxas", "nvdisasm",
                    "nvidia"]),
          (INTEL, ["ocloc"])]


def first(*candidates):
    """The first file there is; "" if there is none."""
    for name in candidates:
        found = name and (shutil.which(name) or
                          next(iter(sorted(glob.glob(name))), ""))
        if found:
            return found
    return ""


def find():
    """Where each tool is; those missing are empty."""
    return {
        "clang": first(os.environ.get("ISA_CLANG"), "clang-19"),
        "clang 14": first(os.environ.get("ISA_CLANG_14"), "clang-14"),
        "opt 14": first(os.environ.get("ISA_OPT_14"), "opt-14"),
        "nvvm": first(os.environ.get("ISA_NVVM"),
                      str(PLACE / "nvidia/lib/*/site-packages/nvidia/*/lib/"
                          "libnvvm.so*")),
        "ptxas": first(os.environ.get("ISA_PTXAS"), "ptxas",
                       str(PLACE / "nvidia/lib/*/site-packages/nvidia/*/bin/"
                           "ptxas")),
        "nvdisasm": first(os.environ.get("ISA_NVDISASM"), "nvdisasm",
                          str(PLACE / "nvidia/lib/*/site-packages/nvidia/*/"
                              "bin/nvdisasm")),
        "amd": os.path.dirname(first(
            os.environ.get("ISA_AMD_LIBRARIES", "") + "/ockl.bc",
            "/usr/lib/*/amdgcn/bitcode/ockl.bc")),
        "nvidia": first(os.environ.get("ISA_NVIDIA_LIBRARY"),
                        str(PLACE / "libclc-14/nvptx64--nvidiacl.bc")),
        "ocloc": first(os.environ.get("ISA_OCLOC"), str(PLACE / "intel/ocloc"),
                       "ocloc"),
    }


def targets(tools):
    """Those that all of their tools are there for."""
    return [target for some, names in NEEDED for target in some
            if all(tools[name] for name in names)]


def run(command, **more):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True, **more).stdout


def versions(tools):
    """Of the compilers that are there."""
    found = []
    if tools["clang"]:
        text = run([tools["clang"], "--version"])
        found.append("clang " + re.search(r"version (\S+)", text).group(1))
    if tools["clang 14"] and tools["nvvm"]:
        text = run([tools["clang 14"], "--version"])
        found.append("clang " + re.search(r"version (\S+)", text).group(1))
        found.append("NVVM " + nvvm.version(tools["nvvm"]))
    if tools["ptxas"]:
        text = run([tools["ptxas"], "--version"])
        found.append("ptxas " + re.search(r"V(\d\S*)", text).group(1))
    if tools["ocloc"]:
        found.append("ocloc " + ocloc_version(tools))
    return ", ".join(found)


def ocloc_environment(tools, **more):
    """ocloc looks for its library where the loader does."""
    beside = os.path.dirname(tools["ocloc"])
    known = os.environ.get("LD_LIBRARY_PATH")
    return {**os.environ, **more,
            "LD_LIBRARY_PATH": f"{beside}:{known}" if known else beside}


def ocloc_version(tools):
    """It answers in a file of the question's name, as a C string."""
    with tempfile.TemporaryDirectory() as folder:
        run([tools["ocloc"], "query", "OCL_DRIVER_VERSION"], cwd=folder,
            env=ocloc_environment(tools))
        answer = pathlib.Path(folder) / "OCL_DRIVER_VERSION"
        return answer.read_text().strip("\0 \n")


def number(text, pattern):
    """The most that any kernel of a program has."""
    return max(map(int, re.findall(pattern, text)), default=0)


def bitcode(tools, target):
    """AMD's libraries: the generic ones, and the constants of a target."""
    wave = "on" if target.startswith("gfx9") else "off"
    version = ISA_VERSIONS.get(target, target[3:])
    names = ["opencl", "ocml", "ockl", f"oclc_isa_version_{version}",
             f"oclc_wavefrontsize64_{wave}", "oclc_daz_opt_off",
             "oclc_finite_only_off", "oclc_unsafe_math_off",
             "oclc_correctly_rounded_sqrt_off", "oclc_abi_version_500"]
    options = []
    for name in names:
        file = f"{tools['amd']}/{name}.bc"
        if os.path.exists(file):
            options += ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", file]
    return options


def common(tools, options):
    return [tools["clang"], "-x", "cl", "-O3", "-Xclang",
            "-finclude-default-header", *options.split(), "-S"]


def compile_amd(tools, target, source, options, items, base):
    run(common(tools, options) +
        ["-target", "amdgcn-amd-amdhsa", f"-mcpu={target}", "-nogpulib",
         "-mcode-object-version=5", *bitcode(tools, target),
         "-o", base + ".s", str(source)])
    text = pathlib.Path(base + ".s").read_text()
    return {
        "registers": number(text, r"\.vgpr_count:\s+(\d+)"),
        "spilled": number(text, r"\.vgpr_spill_count:\s+(\d+)"),
        "scratch": number(text, r"\.private_segment_fixed_size:\s+(\d+)"),
        "local": number(text, r"\.group_segment_fixed_size:\s+(\d+)"),
        "loops": instructions.long_loops(instructions.amd(text)),
        "products": instructions.products(instructions.amd(text)),
    }


def compile_nvidia(tools, target, source, options, items, base):
    """Much as NVIDIA's driver does, whose macro and words for assembler the
    kernels ask for; no pass of clang's own."""
    run([tools["clang 14"], "-x", "cl", "-O1", *options.split(), "-S",
         "-emit-llvm", "-target", "nvptx64--nvidiacl", "-D__NV_CL_C_VERSION=120",
         "-Dasm=__asm__", "-Dcl_clang_storage_class_specifiers",
         *(word for option in
           ["-disable-llvm-passes", "-finclude-default-header",
            "-cl-ext=+cl_khr_fp16", "-target-cpu", "sm_80",
            "-mlink-builtin-bitcode", tools["nvidia"]]
           for word in ("-Xclang", option)),
         "-o", base + ".clang.ll", str(source)])
    run([tools["opt 14"], "-S", "-globaldce", "-instnamer", base + ".clang.ll",
         "-o", base + ".ll"])
    architecture = PTX_TARGETS.get(target, target).replace("sm", "compute")
    run([sys.executable, "-B", nvvm.__file__, tools["nvvm"], base + ".ll",
         str(items), architecture, base + ".ptx"])
    log = subprocess.run([tools["ptxas"], "-v", f"-arch={target}", "-O3",
                          base + ".ptx", "-o", base + ".cubin"], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True).stdout
    sass = run([tools["nvdisasm"], "-c", base + ".cubin"])
    return {
        "registers": number(log, r"Used (\d+) registers"),
        "spilled": number(log, r"(\d+) bytes spill stores"),
        "scratch": number(log, r"(\d+) bytes stack frame"),
        "local": number(log, r"(\d+) bytes smem"),
        "loops": instructions.long_loops(instructions.nvidia(sass)),
        "products": instructions.products(instructions.nvidia(sass)),
    }


def run_ocloc(tools, target, source, options, folder, **more):
    """The default output cannot be read; this one says what it uses."""
    run([tools["ocloc"], "compile", "-q", "-file", str(source), "-device",
         target, "-options", options, "-out_dir", folder, "-output", "program"],
        cwd=folder, env=ocloc_environment(tools, IGC_EnableZEBinary="1", **more))


def compile_intel(tools, target, source, options, items, base):
    folder = pathlib.Path(base + ".intel")
    folder.mkdir()
    run_ocloc(tools, target, source, options, str(folder),
              IGC_ShaderDumpEnable="1", IGC_ShaderDumpPidDisable="1",
              IGC_DumpToCustomDir=str(folder / "asm"))
    binary = next(folder.glob("*.bin")).read_bytes().decode("latin-1")
    wide = dict(re.findall(r"- name: +(attend_\w+).*?simd_size: +(\d+)",
                           binary, re.DOTALL))
    last = {}
    # Of several widths it takes one, and of that the last attempt: names are
    # OCL_asmHASH_simd8_entry_0001.asm, the next one OCL_asmHASH_1_simd8_...
    for path in sorted((folder / "asm").glob("*_entry_*.asm"),
                       key=lambda path: ("_1_simd" in path.name, path.name)):
        asm = path.read_text(errors="replace")
        name = re.search(r"//\.kernel (\w+)", asm).group(1)
        if f"_simd{wide.get(name)}_" in path.name:
            last[name] = asm
    text = "\n".join(last.values())
    shutil.rmtree(folder)
    return {
        "registers": number(text, r"numGRF=(\d+)"),
        "spilled": number(text, r"//\.spill size (\d+)"),
        "scratch": number(binary, r"usage: +(?:private|single)_space\s+size: +(\d+)"),
        "local": number(binary, r"slm_size: +(\d+)"),
        "wave": min(map(int, wide.values()), default=0),
        "loops": instructions.long_loops(instructions.intel(text)),
        "products": instructions.products(instructions.intel(text)),
    }


def compile_program(tools, target, source, options, items, base):
    """Facts of a program on a target, of so many work-items a group; raises
    CalledProcessError."""
    # -w would hide what clang says about an option it does not know
    options = options.replace(" -w ", " ")
    make = (compile_amd if target in AMD else
            compile_nvidia if target in NVIDIA else compile_intel)
    return make(tools, target, source, options, items, base)
