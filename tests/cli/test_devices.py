"""`oriel devices`, and how the other commands find a device.

Environment: BAD_ICD, a driver whose platform has no device; BAD_LAYER, a layer
that makes things go wrong.
"""
import os
import pathlib

import harness

PROBLEM = "h1 q8 d8 w1,0"
BAD_ICD = os.environ["BAD_ICD"]
BAD_LAYER = os.environ["BAD_LAYER"]


def vendors():
    """The .icd files of this machine: (name, content)."""
    place = os.environ.get("OCL_ICD_VENDORS", "/etc/OpenCL/vendors")
    path = pathlib.Path(place)
    found = sorted(path.glob("*.icd")) if path.is_dir() else [path]
    return [(f.name, f.read_text()) for f in found if f.exists()]


def steady(listed):
    """Without what changes while memory is plugged into the machine, or out of
    it (PoCL)."""
    return [{**d, "facts": {name: fact for name, fact in d["facts"].items()
                            if name not in ("global_bytes",
                                            "allocation_bytes")}}
            for d in listed]


class Devices(harness.Cli):
    def with_drivers(self, *drivers):
        """The environment for these .icd files alone."""
        for name, content in drivers:
            self.put(name, content.encode())
        return {"OCL_ICD_VENDORS": str(self.folder)}

    def test_every_device_is_listed_and_one_is_chosen(self):
        listed = self.oriel("devices", "--json").json()
        self.assertTrue(listed)
        self.assertEqual([d["number"] for d in listed],
                         list(range(len(listed))))
        self.assertEqual([d["chosen"] for d in listed].count(True), 1)
        for d in listed:
            self.assertEqual(list(d), ["number", "platform", "name", "version",
                                       "type", "chosen", "facts"])
            self.assertEqual(d["facts"]["name"], d["name"])
            self.assertGreaterEqual(d["facts"]["compute_units"], 1)
            self.assertIn(d["type"], ("CPU", "GPU", "accelerator"))
        chosen, = [d for d in listed if d["chosen"]]
        self.assertEqual(self.row("run", PROBLEM)["device"], chosen["name"])

    def test_a_person_gets_a_file_of_facts(self):
        chosen, = [d for d in self.oriel("devices", "--json").json()
                   if d["chosen"]]
        out = self.oriel("devices", "--device", chosen["number"]).out
        self.assertTrue(out.startswith(f"# device {chosen['number']}, the one "
                                       f"Oriel takes: {chosen['name']}, on "))
        facts = self.put("facts.txt", out.encode())
        for problem in ("h8 q4096 d64 w127,0", "h1 q3 d80 winf,0 bf16"):
            recorded = self.row("explain", problem, "--device-facts", facts)
            here = self.row("explain", problem)
            self.assertEqual(recorded["plan"], here["plan"])

    def test_a_device_is_named_by_number_or_part_of_a_name(self):
        listed = steady(self.oriel("devices", "--json").json())
        first = listed[0]
        for text in ("0", first["name"][2:], first["platform"][:4]):
            only, = steady(self.oriel("devices", "--json", "--device",
                                      text).json())
            self.assertEqual(only, {**first, "chosen": True})
            self.assertEqual(self.row("explain", PROBLEM,
                                      env={"ORIEL_DEVICE": text})["device"],
                             first["name"])

    def test_the_option_goes_before_the_environment(self):
        first = self.oriel("devices", "--json").json()[0]
        done = self.row("explain", PROBLEM, "--device", "0",
                        env={"ORIEL_DEVICE": "Nobody"})
        self.assertEqual(done["device"], first["name"])

    def test_an_unknown_device_is_refused(self):
        self.refused("no OpenCL device is named like", "devices", "--device",
                     "Nobody")
        # All are listed all the same where only the choice is wrong.
        done = self.oriel("devices", "--json", env={"ORIEL_DEVICE": "Nobody"})
        self.assertEqual([d["chosen"] for d in done.json()].count(True), 0)
        self.assertRegex(done.err, r"\Aoriel: ORIEL_DEVICE: [^\n]+\n\Z")

    def test_a_device_that_is_switched_off_is_told_from_none(self):
        name = self.oriel("devices", "--json").json()[0]["name"]
        off = {"OPENCL_LAYERS": os.environ["GPU_LAYER"],
               "ANSWERS": "1027=0:4"}
        for text in (name[2:30], "0"):
            said = f'"{text}" is not available now, says its driver'
            self.refused(["--device: ", said], "run", PROBLEM, "--device",
                         text, env=off)
            self.refused(["ORIEL_DEVICE: ", said], "run", PROBLEM,
                         env={**off, "ORIEL_DEVICE": text})
        self.refused("no OpenCL device is named like", "run", PROBLEM,
                     "--device", "Nobody", env=off)

    def test_a_broken_platform_does_not_hide_the_others(self):
        good = vendors()
        if not good:
            self.skipTest("the drivers of this machine are not in files")
        before = steady(self.oriel("devices", "--json").json())
        env = self.with_drivers(("a.icd", BAD_ICD),
                                ("b.icd", "/nowhere/libgone.so"), *good)
        done = self.oriel("devices", "--json", env=env)
        self.assertEqual(steady(done.json()), before)
        self.assertEqual(done.err, "oriel: platform Broken has no device: "
                         "CL_OUT_OF_RESOURCES (-5)\n")
        self.oriel("run", PROBLEM, "--check", env=env)

    def test_broken_platforms_alone_are_told(self):
        env = self.with_drivers(("a.icd", BAD_ICD))
        done = self.oriel("devices", "--json", env=env)
        self.assertEqual(done.json(), [])
        self.assertIn("platform Broken has no device", done.err)
        self.refused("can be used", "run", PROBLEM, status=3, env=env)

    def test_no_platform_at_all_says_what_to_install(self):
        env = {"OCL_ICD_VENDORS": str(self.folder)}
        words = "no OpenCL platform was found: install"
        self.assertIn(words, self.oriel("devices", env=env).out)
        self.assertEqual(self.oriel("devices", "--json", env=env).json(), [])
        for args in (("run", PROBLEM), ("explain", PROBLEM), ("selftest",),
                     ("run", PROBLEM, "--device", "0")):
            self.refused(words, *args, status=3, env=env)

    def test_bad_input_is_told_before_a_missing_platform(self):
        env = {"OCL_ICD_VENDORS": str(self.folder)}
        self.refused("column", "run", "h1 q8 d8 w1,0 fast", env=env)

    # ---- Drivers that fail

    def bad(self, what):
        """A folder of its own for verdicts that are not true."""
        return {"OPENCL_LAYERS": BAD_LAYER, "BAD": what,
                "XDG_CACHE_HOME": str(self.folder / "cache")}

    def test_a_device_that_cannot_be_opened_is_listed(self):
        whole = self.oriel("devices", "--json").json()
        done = self.oriel("devices", "--json", env=self.bad("context"))
        self.assertEqual([d["name"] for d in done.json()],
                         [d["name"] for d in whole])
        self.assertEqual(done.err.count(
            "oriel: warning: what takes a trial is not known: "
            "clCreateContext"), len(whole), done.err)

    def test_a_launch_that_fails_is_named(self):
        env = self.bad("event")
        self.put("out.npy", b"old")
        two_groups = "h2 q8 d8 w1,0"
        done = self.oriel("run", two_groups, "--out", "out.npy", "--json",
                          env=env, status=3)
        self.assertRegex(done.err, r'\Aoriel: the launch of plan "[a-z][^"]*" '
                         r"ended with CL_OUT_OF_RESOURCES \(-5\)\n\Z")
        self.assertEqual(done.out, "")
        self.assertEqual((self.folder / "out.npy").read_bytes(), b"old")

    def test_a_kernel_that_does_not_build_is_named(self):
        done = self.oriel("run", PROBLEM, env=self.bad("build"), status=3)
        self.assertRegex(done.err, r"\Aoriel: [^\n]*\.cl does not build on "
                         r"[^\n]*CL_BUILD_PROGRAM_FAILURE[^\n]*\n\Z")
        done = self.oriel("selftest", "--json", env=self.bad("build"),
                          status=1)
        self.assertEqual({r["verdict"] for r in done.json()}, {"refused"})

    def test_a_wrong_result_fails_the_check(self):
        args = ("run", "h1 q64 d64 w9,0", "--check", "--out", "out.npy")
        done = self.oriel(*args, "--json", env=self.bad("large"), status=1)
        self.assertRegex(done.err, r"\Aoriel: check: error \S+ is above the "
                         r"bound \S+ in batch entry 0, head 0, row 0\n\Z")
        told = done.json()
        self.assertGreater(told["max_error"], told["bound"])
        self.assertTrue((self.folder / "out.npy").exists())

    def test_a_device_that_computes_something_else_is_found(self):
        done = self.oriel("selftest", "--json", env=self.bad("bit"), status=1)
        verdicts = {r["verdict"] for r in done.json()}
        self.assertIn("wrong", verdicts)
        self.assertNotIn("right", verdicts)
        self.assertIn("does not compute what it should", done.err)
        done = self.oriel("run", PROBLEM, "--check", env=self.bad("bit"),
                          status=3)
        self.assertIn("self-test", done.err)


if __name__ == "__main__":
    harness.main()
