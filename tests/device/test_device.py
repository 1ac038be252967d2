"""The device of a test setup, through the command line: that it is the one that
the setup names, and that every family computes on it what it should.

Environment: ORIEL_TEST_DEVICE, the name of the setup; without it any device
will do, and its platform tells what it must do. ORIEL_EXE, as for the suite
cli; EMBED, the program of the README.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import expected
import guard

EXE, EMBED = os.environ["ORIEL_EXE"], os.environ["EMBED"]
FACTS = pathlib.Path(os.environ["RECORDED"])
NAME = os.environ.get("ORIEL_TEST_DEVICE", "")
# Each runs by every family that can: prefill, then a few queries. Slow devices
# get less of it; Oclgrind takes a second for a thousand work-items.
PROBLEMS = ["h8/2 q777 d64 w100,28 f16", "h8/2 q3 k777 d64 w100,28 f16 lse"]
SLOW = {"oclgrind": ["h2/1 q19 d16 w9,4 f16"]}
# The same device with less of something: a variable of its driver, and the fact
# that follows from it.
SMALL = {
    "pocl": [("POCL_MAX_WORK_GROUP_SIZE", "1", "group_limit", 1),
             ("POCL_MAX_WORK_GROUP_SIZE", "24", "group_limit", 24)],
    "intel": [("CL_CONFIG_CPU_FORCE_LOCAL_MEM_SIZE", "16KB", "local_bytes",
               1 << 14),
              ("CL_CONFIG_CPU_FORCE_MAX_MEM_ALLOC_SIZE", "64MB",
               "allocation_bytes", 1 << 26)],
    "oclgrind": [("OCLGRIND_MAX_WGSIZE", "8", "group_limit", 8),
                 ("OCLGRIND_LOCAL_MEM_SIZE", "1024", "local_bytes", 1024)],
}
# Oclgrind 21.10 reports what is not so of the halves of a vector (row.cl, one
# query that sees one key: 8 reports) and of buffers that are made of memory of
# the host (selftest), so it is asked about single runs of other families.
UNINITIALIZED = {"OCLGRIND_UNINITIALIZED": "1"}


def checks_of(family):
    return UNINITIALIZED if NAME == "oclgrind" and family != "row" else {}


def call(*args, env=None, exe=EXE):
    environment = {k: v for k, v in os.environ.items() if k != "ORIEL_DEVICE"}
    environment.update(env or {})
    return subprocess.run([exe, *args], env=environment, text=True,
                          capture_output=True, timeout=3000, check=False)


class Device(unittest.TestCase):
    def oriel(self, *args, status=0, env=None):
        done = call(*args, env=env)
        self.assertEqual(done.returncode, status, (args, done.stderr[-2000:]))
        self.assertEqual(guard.reports(done.stderr.splitlines()), [])
        return done.stdout

    def json(self, *args, env=None):
        return json.loads(self.oriel(*args, "--json", env=env))

    def setup_name(self):
        return NAME or expected.setup_of(self.json("devices"))


@unittest.skipIf(NAME == "none", "this setup has no device")
class Present(Device):
    def test_the_device_is_the_one_of_the_setup(self):
        listed = self.json("devices")
        self.assertTrue(listed, "tools/install-devices brings it")
        if NAME:
            platform, _ = expected.SETUPS[NAME]
            self.assertEqual({platform in d["platform"] for d in listed},
                             {True}, listed)

    def check_every_family(self, env):
        """Each by its best plan; row must be among them."""
        ran = set()
        for problem in SLOW.get(NAME, PROBLEMS):
            best = {}
            for c in self.json("explain", problem, env=env)["candidates"]:
                if c["cost"] is not None:
                    best.setdefault(c["plan"].split()[0], c["plan"])
            for family, plan in best.items():
                # The first builds and tests the program, the second finds it.
                if checks_of(family):
                    self.oriel("run", problem, "--plan", plan, env=env)
                row = self.json("run", problem, "--plan", plan, "--check",
                                env={**env, **checks_of(family)})
                self.assertLessEqual(row["max_error"], row["bound"])
                self.assertEqual(row["plan"], plan)
                ran.add(family)
        self.assertIn("row", ran)
        return ran

    def test_every_family_computes_what_it_should(self):
        ran = self.check_every_family({})
        print("families:", ", ".join(sorted(ran)), file=sys.stderr)
        least, most = expected.families(self.setup_name())
        self.assertLessEqual(least, ran)
        self.assertLessEqual(ran, most or ran)

    def fact(self, name, env):
        chosen, = [d for d in self.json("devices", env=env) if d["chosen"]]
        return chosen["facts"][name]

    def test_so_they_do_with_less_of_something(self):
        for variable, value, name, fact in SMALL.get(self.setup_name(), []):
            env = {variable: value}
            with self.subTest(env=env):
                self.assertLess(fact, self.fact(name, {}))
                self.assertEqual(self.fact(name, env), fact)
                self.check_every_family(env)

    def test_it_tests_itself(self):
        rows, setup = self.json("selftest"), self.setup_name()
        least, _ = expected.families(setup)
        self.assertLessEqual(least, {r["family"] for r in rows})
        for r in rows:
            self.assertIn(r["verdict"],
                          expected.verdicts(setup, r["family"], r["type"]), r)
        self.assertEqual({r["type"] for r in rows if r["verdict"] == "right"},
                         {"f32", "f16", "bf16"})


@unittest.skipIf(NAME != "none", "this setup has a device")
class Absent(Device):
    SAID = "no OpenCL platform was found: install"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="oriel-device-")
        self.addCleanup(folder.cleanup)
        self.report = pathlib.Path(folder.name) / "report.txt"

    def test_every_command_says_what_to_install(self):
        self.assertIn(self.SAID, self.oriel("devices"))
        self.assertEqual(self.json("devices"), [])
        problem = "h1 q8 d8 w1,0"
        for args in (["run", problem], ["run", problem, "--device", "0"],
                     ["explain", problem], ["selftest"], ["bench", problem],
                     ["selftest", "--report", self.report]):
            done = call(*args)
            self.assertEqual(done.returncode, 3, args)
            self.assertRegex(done.stderr, r"\Aoriel: [^\n]+\n\Z")
            self.assertIn(self.SAID, done.stderr)
            self.assertEqual(done.stdout, "")
        self.assertFalse(self.report.exists())

    def test_so_does_a_program_that_embeds_the_library(self):
        done = call(exe=EMBED)
        self.assertEqual(done.returncode, 1)
        self.assertIn(self.SAID, done.stderr)

    def test_recorded_devices_are_explained_all_the_same(self):
        for facts in sorted(FACTS.glob("*.txt")):
            done = call("explain", "h32/8 q8192 d128 w1023,0 f16",
                        "--device-facts", str(facts))
            can = all(re.search(rf"^{fact} +1$", facts.read_text(), re.M)
                      for fact in ("full_profile", "compiler"))
            self.assertEqual(done.returncode, 0 if can else 3,
                             (facts.name, done.stderr))
            self.assertNotIn(self.SAID, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
