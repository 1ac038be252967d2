"""`oriel selftest`."""
import os
import re

import harness

import expected

NAME = os.environ.get("ORIEL_TEST_DEVICE", "")
# Of row: what the largest error of its problems loses to 16 bits, and what
# computing in float may add to that.
LARGEST, FLOAT = {"f32": 0, "f16": 4.399e-4, "bf16": 2.3679e-3}, 3e-6


class Selftest(harness.Cli):
    def test_every_family_has_a_verdict_for_every_type(self):
        rows = self.oriel("selftest", "--json", env=harness.UNSTORED).json()
        families = {r["family"] for r in rows}
        devices = self.oriel("devices", "--json").json()
        setup = NAME or expected.setup_of(devices)
        self.assertLessEqual(expected.families(setup)[0], families)
        self.assertEqual({(r["family"], r["type"]) for r in rows},
                         {(f, t) for f in families
                          for t in ("f32", "f16", "bf16")})
        self.assertEqual(len(rows), 3 * len(families))
        for r in rows:
            self.assertIn(r["verdict"],
                          expected.verdicts(setup, r["family"], r["type"]), r)
            if r["verdict"] == "right":
                self.assertGreater(r["calls"], 0)
                self.assertLessEqual(r["max_error"], r["bound"])
            else:
                self.assertTrue(r["reason"])
        for r in rows:
            if r["family"] == "row":
                self.assertAlmostEqual(r["max_error"], LARGEST[r["type"]],
                                       delta=FLOAT)

    def test_a_person_gets_a_table(self):
        lines = self.oriel("selftest", env=harness.UNSTORED).out.splitlines()
        self.assertEqual(lines[0].split(), ["family", "type", "verdict",
                                            "max_error", "bound", "calls",
                                            "reason"])
        self.assertEqual(lines[-1].split()[:3], ["row", "bf16", "right"])

    def test_a_report_is_text_to_send_and_facts_to_read(self):
        path = self.folder / "report.txt"
        rows = self.oriel("selftest", "--json", "--report", path,
                          env=harness.UNSTORED).json()
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertIn("oriel selftest --report: Oriel ", lines[0])
        self.assertTrue(any(l.startswith("# Does it compute what it should?")
                            for l in lines))
        words = [l.split() for l in lines]
        for r in rows:
            self.assertTrue(any(w[1:4] == [r["family"], r["type"],
                                           r["verdict"]] for w in words), r)

        timed = lines[lines.index(next(
            l for l in lines if l.startswith("# problem"))) + 1:]
        self.assertGreater(len(timed), 3)
        self.assertTrue(all(l.startswith("# h") for l in timed))
        self.assertGreater(float(timed[0].split("w64,64")[1].split()[1]), 0)

        # The facts of `oriel devices`, those that take a trial among them, are
        # those that the planner uses.
        chosen, = [d for d in self.oriel("devices", "--json").json()
                   if d["chosen"]]
        told = dict(l.split(maxsplit=1) for l in lines
                    if not l.startswith("#"))
        listed = {fact: str(value) for fact, value in chosen["facts"].items()}
        for facts in (told, listed): # PoCL's follow the memory of the moment
            facts.pop("global_bytes")
            facts.pop("allocation_bytes")
        self.assertEqual(told, listed)

        here = self.oriel("explain", "h2 q64 d16 w9,9", "--json").json()
        there = self.oriel("explain", "h2 q64 d16 w9,9", "--json",
                           "--device-facts", path).json()
        self.assertEqual(here["plan"], there["plan"])

    def test_a_report_that_cannot_be_written_is_refused_before_the_work(self):
        path = self.folder / "absent" / "report.txt"
        done = self.oriel("selftest", "--report", path, status=2)
        self.assertIn("--report", done.err)
        self.assertEqual(done.out, "")

    def test_a_report_of_a_gpu_has_its_peaks(self):
        chosen = next(d for d in self.oriel("devices", "--json").json()
                      if d["chosen"])
        if chosen["type"] != "GPU" and \
                chosen["platform"] != "Portable Computing Language":
            self.skipTest("others take long to build what GPUs are offered")
        path = self.folder / "report.txt"
        self.oriel("selftest", "--report", path, env={
            **harness.UNSTORED, "OPENCL_LAYERS": os.environ["GPU_LAYER"],
            "ANSWERS": "1000=4:8"})
        peaks = re.search(r"(?m)^# Peaks: (\S+) GFLOP/s .* (\S+) GB/s by a sum "
                          r"of (\d+) MB\.$", path.read_text(encoding="utf-8"))
        for number in peaks.groups():
            self.assertGreater(float(number), 0.01)


if __name__ == "__main__":
    harness.main()
