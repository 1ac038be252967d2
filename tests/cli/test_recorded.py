"""Recorded devices: explain plans for each, and the probe finds the same facts
when a driver gives the same answers.

Environment: GPU_LAYER, a layer by which a device answers as another.
"""
import os
import pathlib
import re

import harness

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
GPU_LAYER = os.environ["GPU_LAYER"]

CORE = ("core_units", "core_lanes", "core_registers", "core_local_bytes",
        "core_local_rate", "core_local_sizes", "item_registers", "wave_items")


def recorded(device):
    """The facts of a file, as numbers where they are."""
    text = (GOLDEN / "devices" / f"{device}.txt").read_text(encoding="utf-8")
    pairs = [line.split(maxsplit=1) for line in text.splitlines()
             if not line.startswith("#")]
    return {k: int(v) if v.isdigit() else v for k, v in pairs}


class Recorded(harness.Cli):
    def test_every_recorded_device_is_explained(self):
        """With the plan that golden/plans.txt has, or the reason there."""
        wanted = ("h32/8 q4096 d128 w1023,0", "h8 q4 k4096 d64 winf,0")
        lines = (GOLDEN / "plans.txt").read_text(encoding="utf-8").splitlines()
        done = set()
        for line in lines:
            if line.startswith("#"):
                continue
            device, problem, plan = line.split(" | ")
            if problem not in wanted:
                continue
            done.add(device)
            args = ("explain", problem, "--device-facts",
                    GOLDEN / "devices" / f"{device}.txt")
            if plan.startswith("none: "):
                self.refused(plan.removeprefix("none: "), *args, status=3)
                continue
            row = self.row(*args, env={"OCL_ICD_VENDORS": "/nowhere"})
            self.assertEqual(row["plan"], plan, device)
            self.assertEqual(row["device"], recorded(device)["name"])
        self.assertEqual(
            done, {f.stem for f in (GOLDEN / "devices").glob("*.txt")})
        self.assertGreaterEqual(len(done), 20)

    def answered(self, **queries):
        """The facts of the first device when it answers so."""
        answers = {"1000": "4:8", **queries}
        text = " ".join(f"{k.lstrip('q')}={v}" for k, v in answers.items())
        listed = self.oriel("devices", "--json",
                            env={"OPENCL_LAYERS": GPU_LAYER,
                                 "ANSWERS": text,
                                 "XDG_CACHE_HOME": self.folder}).json()
        self.assertEqual(listed[0]["type"], "GPU")
        return listed[0]["facts"]

    def assert_core(self, facts, device):
        wanted = recorded(device)
        for fact in CORE:
            self.assertEqual(facts.get(fact), wanted.get(fact),
                             f"{device}: {fact}")

    def test_nvidia_is_asked(self):
        for device, major, minor in (("rtx-2080-ti", 7, 5), ("a100", 8, 0),
                                     ("rtx-4090", 8, 9), ("h100", 9, 0),
                                     ("b200", 10, 0), ("gtx-1070", 6, 1)):
            self.assert_core(self.answered(
                q4000=f"{major:x}:4", q4001=f"{minor:x}:4", q4002="10000:4",
                q4003="20:4"), device)

    def name(self, text):
        """A name, as the layer writes bytes: padded, and ended by 0."""
        return ".".join(f"{c:x}" for c in text.encode() + b"\0")

    def test_amd_is_asked(self):
        for device, major, lanes, wave in (
                ("radeon-rx-570", 8, 16, 64), ("mi50", 9, 16, 64),
                ("radeon-rx-6600-xt", 10, 32, 32),
                ("radeon-rx-7900-xtx", 11, 32, 32)):
            name = re.sub(r":.*", "", recorded(device)["name"])
            self.assert_core(self.answered(
                q102B=f"{self.name(name)}:1", q404A=f"{major:x}:4",
                q4040="4:4", q4041=f"{lanes:x}:4", q4043=f"{wave:x}:4",
                q4047="10000:4"), device)

    def test_intel_is_asked(self):
        for device, units, threads, groups, local in (
                ("arc-a750", 16, 8, "8.10.20", 64),
                ("max-1100", 8, 8, "10.20", 128)):
            self.assert_core(self.answered(
                q4254=f"{units:x}:4", q4255=f"{threads:x}:4",
                q4108=f"{groups}:8", q1023=f"{local << 10:x}:8"), device)

    def test_others_tell_their_waves_at_most(self):
        # Intel's CPU runtime answers what Intel's GPUs do.
        facts = self.answered(q1067="10:8", q4000="0:4", q404A="0:4",
                              q4254="0:4")
        for fact in CORE[:-1]:
            self.assertNotIn(fact, facts)
        self.assertEqual(facts["wave_items"], 16)

    def test_kernels_tell_waves_where_devices_do_not(self):
        unknown = {"q1067": "0:8", "q4000": "0:4", "q404A": "0:4",
                   "q4254": "0:4",
                   "q1030": self.name("cles_khr_int64") + ":1"}
        for told, known in ((8, 8), (128, 128), (1, None), (129, None)):
            for _ in "first", "from the cache":
                facts = self.answered(q11B3=f"{told:x}:8", **unknown)
                self.assertEqual(facts.get("wave_items"), known)
            self.tearDown()
            self.setUp()
        told = self.answered(q11B3="20:8", **unknown | {"q1067": "10:8"})
        self.assertEqual(told["wave_items"], 16)
        # Compilers for Intel's GPUs choose for each kernel.
        self.tearDown()
        self.setUp()
        told = self.answered(
            q11B3="20:8",
            **unknown | {"q1030": self.name("cl_intel_subgroups") + ":1"})
        self.assertNotIn("wave_items", told)

    def test_a_device_that_is_no_gpu_is_not_asked(self):
        listed = self.oriel("devices", "--json", env={
            "OPENCL_LAYERS": GPU_LAYER, "XDG_CACHE_HOME": self.folder,
            "ANSWERS": "1000=2:8 4000=8:4 4003=20:4"}).json()
        for fact in CORE:
            self.assertNotIn(fact, listed[0]["facts"])


if __name__ == "__main__":
    harness.main()
