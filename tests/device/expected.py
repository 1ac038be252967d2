"""What Oriel can do on the devices of the test setups, by what they are: a
planner that refuses a family there is wrong, whatever its reason."""
# Of each setup: a part of the platform's name, and families that compute there.
# Oclgrind's and Mesa's vectors have one float, and Mesa ends long loops.
CPU = {"decode", "segment", "lane", "matrix", "tile", "row"}
SETUPS = {
    "pocl": ("Portable Computing Language", CPU),
    "intel": ("Intel(R) OpenCL", CPU),
    "fpgaemu": ("Intel(R) FPGA Emulation", CPU),
    "rusticl": ("rusticl", {"row"}),
    "oclgrind": ("Oclgrind", {"segment", "matrix", "tile", "row"}),
    "nvidia": ("NVIDIA CUDA", {"segment", "tile", "row"}),
}
# Which unit an NVIDIA GPU has depends on its age.
EITHER = {"nvidia": {"matrix"}}


def setup_of(listed):
    """The setup whose device is chosen of those of `oriel devices --json`: ""
    for GPUs, of which these platforms have others, and for any other device."""
    for device in listed:
        for name, (platform, _) in SETUPS.items():
            if device["chosen"] and device["type"] != "GPU" and \
                    platform in device["platform"]:
                return name
    return ""


def families(setup):
    """Those that compute there: at the least, and at most."""
    if setup not in SETUPS:
        return {"row"}, None
    least = SETUPS[setup][1]
    return least, least | EITHER.get(setup, set())


def verdicts(setup, family, type):
    """What `oriel selftest` may say there. No unit of a setup multiplies f32."""
    least, most = families(setup)
    unit = family == "matrix" and type == "f32"
    if most is None:
        return {"right"} if family in least else {"right", "refused"}
    if unit or family not in most:
        return {"refused"}
    return {"right"} if family in least else {"right", "refused"}
