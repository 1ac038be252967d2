"""Bench on tiny problems: fields, files, refusals, interruption."""
import csv
import json
import os
import pty
import re
import signal
import subprocess
import time

import harness

PROBLEM = "h1 q8 d4 w1,0"
FIELDS = ["problem", "device", "plan", "threads", "seconds_median",
          "seconds_min", "gflops", "peak_gflops", "share_of_peak",
          "bytes_per_second", "peak_bytes_per_second", "share_of_bandwidth",
          "build_seconds", "first_seconds"]


class Bench(harness.Cli):
    def chosen(self):
        return next(d for d in self.oriel("devices", "--json").json()
                    if d["chosen"])

    def platform(self):
        return self.chosen()["platform"]

    def test_rows_have_what_the_manual_promises(self):
        two = "h2/1 q3 k9 d4 v6 w3,1 f16"
        done = self.oriel("bench", PROBLEM, two, "--json", "--csv", "rows.csv",
                          "--plot", "rows.svg")
        rows = done.json()
        self.assertEqual([row["problem"] for row in rows], [PROBLEM, two])
        for row in rows:
            self.assertEqual(list(row)[:len(FIELDS)], FIELDS)
            self.assertGreaterEqual(row["turns"], 5)
            self.assertLessEqual(row["seconds_min"], row["seconds_median"])
            self.assertEqual(row["command"],
                             f'oriel bench "{PROBLEM}" "{two}" --json --csv '
                             "rows.csv --plot rows.svg")
            self.assertGreater(row["memory_bytes"], 1e6)
        seconds = rows[0]["seconds_median"]
        # 15 pairs; q, k, v and out of 8 rows.
        self.assertAlmostEqual(rows[0]["gflops"], 2 * 8 * 15 / seconds * 1e-9)
        self.assertAlmostEqual(rows[0]["bytes_per_second"],
                               4 * 8 * 4 * 4 / seconds)
        # Rows 3 to 8 of k and v are seen, by both heads through one.
        self.assertAlmostEqual(
            rows[1]["bytes_per_second"] * rows[1]["seconds_median"],
            2 * (6 * (4 + 6) + 2 * 3 * (4 + 6)))
        if rows[0]["peak_gflops"] is not None:
            for row in rows:
                self.assertGreater(row["peak_gflops"], 0.1)
                self.assertGreater(row["peak_bytes_per_second"], 0)
                self.assertLess(row["share_of_peak"], 1)
        for row in rows:
            if row["build_seconds"] is not None:
                # Mesa compiles again what it loads.
                if self.platform() != "rusticl":
                    self.assertGreater(row["build_seconds"],
                                       row["warm_seconds"])
                self.assertGreater(row["first_seconds"], row["build_seconds"])

        text = (self.folder / "rows.csv").read_text().splitlines()
        self.assertTrue(text[0].startswith("# oriel bench "))
        self.assertIn(rows[0]["device"], text[1])
        self.assertIn(rows[0]["version"], text[1])
        table = list(csv.DictReader(text[2:]))
        self.assertEqual(list(table[0]), list(rows[0]))
        for read, row in zip(table, rows):
            self.assertEqual(read["problem"], row["problem"])
            self.assertEqual(float(read["seconds_median"]),
                             row["seconds_median"])
        self.assertIn(b"<svg", (self.folder / "rows.svg").read_bytes()[:400])
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["rows.csv", "rows.svg"])

    def test_threads_narrow_a_cpu(self):
        device = self.chosen()
        if device["type"] == "GPU" or device["facts"]["compute_units"] < 2:
            self.skipTest("there is nothing to narrow")
        if device["platform"] == "rusticl":
            self.refused("compute units; leave the option out", "bench",
                         PROBLEM, "--threads", 1)
            return
        # PoCL itself would keep its one thread on the first processor, and a
        # part of its device would do where it reads no variable.
        env = {**os.environ, "POCL_AFFINITY": "0", "BAD": "split",
               "OPENCL_LAYERS": os.environ["BAD_LAYER"]}
        process = self.start(PROBLEM, "--threads=1", "--json",
                             stdout=subprocess.PIPE, env=env)
        first = {min(os.sched_getaffinity(0))}
        seen = 0
        while process.poll() is None:
            for where in self.processors(process.pid, "ORIEL_BENCH_THREADS"):
                self.assertEqual(where, first)
                seen += 1
        self.assertGreater(seen, 0)
        self.assertEqual(process.returncode, 0)
        row, = json.loads(process.communicate()[0])
        self.assertEqual(row["threads"], 1)
        self.assertIn("--threads=1", row["command"])

    def test_a_driver_that_counts_all_processors_splits_its_device(self):
        device = self.chosen()
        if (device["platform"] != "Portable Computing Language" or
                device["facts"]["compute_units"] < 2):
            self.skipTest("PoCL alone is known to split")
        # As if it had begun anew, and PoCL read none of its variables.
        begun = ["sh", "-c", 'ORIEL_BENCH_THREADS=$$ exec "$0" "$@"',
                 harness.EXE, "bench", PROBLEM, "--threads", "1", "--json"]
        done = subprocess.run(begun, cwd=self.folder, capture_output=True,
                              text=True, check=True)
        row, = json.loads(done.stdout)
        self.assertEqual(row["threads"], 1)
        done = subprocess.run(begun, cwd=self.folder, capture_output=True,
                              text=True, check=False, env={
                                  **os.environ, "BAD": "split",
                                  "OPENCL_LAYERS": os.environ["BAD_LAYER"]})
        self.assertEqual(done.returncode, 2)
        self.assertIn("compute units; leave the option out", done.stderr)

    def test_threads_stay_apart_where_they_may(self):
        if self.platform() != "Portable Computing Language":
            self.skipTest("PoCL alone is asked to keep its threads apart")
        allowed = os.sched_getaffinity(0)
        if len(allowed) < 2 or len(allowed) < os.cpu_count():
            self.skipTest("threads cannot be kept apart here")
        self.assertEqual(self.processors_of_threads(allowed), allowed)
        # Else a thread would leave what this process may use.
        self.addCleanup(os.sched_setaffinity, 0, allowed)
        last = {max(allowed)}
        os.sched_setaffinity(0, last)
        self.assertEqual(self.processors_of_threads(None), last)

    def processors_of_threads(self, enough):
        """Those that a thread of a bench had for itself, until `enough`. The
        first thread looks at each processor in turn, for hwloc."""
        process = self.start("h8 q4096 d64 w64,64", stdout=subprocess.PIPE)
        alone = set()
        while process.poll() is None and alone != enough:
            for where in self.processors(process.pid):
                alone |= where if len(where) == 1 else set()
        return alone

    def processors(self, pid, variable=""):
        """Those that each thread but the first may use, of a process that has
        this variable."""
        try:
            with open(f"/proc/{pid}/environ", "rb") as text:
                if variable.encode() not in text.read():
                    return
            tasks = os.listdir(f"/proc/{pid}/task")
        except OSError:  # it has ended, or not begun
            return
        for task in map(int, tasks):
            try:
                if task != pid:
                    yield os.sched_getaffinity(task)
            except OSError:
                pass

    def test_a_gpu_has_peaks_and_is_not_split(self):
        gpu = {"OPENCL_LAYERS": os.environ["GPU_LAYER"], "ANSWERS": "1000=4:8"}
        # A group of 8 in all, or 4 along the axis.
        small = {**gpu, "ANSWERS": "1000=4:8 1004=8:8 1005=4.8.8:8"}
        for env in (gpu, small):
            # A call of 15 pairs, 50 times in a turn; once where the call that
            # tells how long it takes is disturbed for a millisecond.
            for _ in range(8):
                row, = self.oriel("bench", PROBLEM, "--json", "--plot",
                                  "gpu.svg", env=env).json()
                if row["peak_gflops"] is None or row["calls"] > 1:
                    break
            self.assertIn(b"<svg", (self.folder / "gpu.svg").read_bytes()[:400])
            if row["peak_gflops"] is None:
                self.skipTest("no peak is measured on this device")
            for name in ("peak_gflops", "peak_bytes_per_second",
                         "share_of_peak", "share_of_bandwidth"):
                self.assertGreater(row[name], 0)
            self.assertLess(row["share_of_peak"], 1)
            self.assertIn(row["calls"], range(2, 51))
        self.refused("--threads is for CPUs", "bench", PROBLEM, "--threads", 1,
                     env=gpu)
        if self.chosen()["type"] == "CPU":
            row, = self.oriel("bench", PROBLEM, "--json").json()
            self.assertEqual(row["calls"], 1)

    def test_a_matrix_unit_has_no_share_of_multiply_adds(self):
        if self.platform() != "Portable Computing Language":
            self.skipTest("others take long to build an emulation of it")
        forced = harness.DATA.parent / "conformance/forced.txt"
        plan, problem = re.search(r"(?m)^(matrix portable .*?) \| (.*)$",
                                  forced.read_text()).groups()
        row = self.oriel("run", problem, "--repeat", 1, "--json", "--plan",
                         plan).json()
        self.assertGreater(row["peak_gflops"], 0.1)
        self.assertIsNone(row["share_of_peak"])

    def test_what_cannot_be_is_refused_before_the_work(self):
        self.refused("--threads 0", "bench", PROBLEM, "--threads", 0)
        self.refused("--threads x", "bench", PROBLEM, "--threads", "x")
        self.refused("is for CPUs" if self.chosen()["type"] == "GPU"
                     else "compute units",
                     "bench", PROBLEM, "--threads", 100000)
        self.refused("No such file", "bench", PROBLEM, "--csv", "no/rows.csv")
        self.refused(".svg or .png", "bench", PROBLEM, "--plot", "rows.gif")
        self.refused("No such file", "bench", PROBLEM, "--plot", "no/rows.svg")
        self.refused('"fast" at column 12', "bench", PROBLEM, "h1 q8 w1,0 fast")
        self.refused("lets one PROBLEM grow", "bench", "--growth", PROBLEM,
                     "h1 q1 d1 w1,0")
        self.refused("needs gnuplot, which is not installed", "bench", PROBLEM,
                     "--plot", "rows.svg", env={"PATH": str(self.folder)})
        self.refused("no folder for temporary files", "bench", PROBLEM,
                     env={"TMPDIR": str(self.folder / "none")})
        self.refused("needs a buffer of", "bench", PROBLEM,
                     "h900000 q90000 d512 w1,0", status=3)

    def test_a_clock_that_does_not_run_is_no_division_by_zero(self):
        # The address sanitizer wants to be loaded first, or to be told.
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        for bad in ("still", "back"):
            done = self.oriel("bench", PROBLEM, status=3, env={
                "ASAN_OPTIONS": f"{sanitizer}:verify_asan_link_order=0",
                "LD_PRELOAD": os.environ["BAD_CLOCK"], "BAD_TIME": bad})
            self.assertEqual(done.out, "")
            self.assertIn("stood still or ran back", done.err)
            self.assertTrue(done.err.endswith(
                "oriel: 1 of 1 problems could not be measured\n"), done.err)

    def test_a_problem_that_fails_leaves_the_others(self):
        done = self.oriel("bench", PROBLEM, "--json", status=3, env={
            "OPENCL_LAYERS": os.environ["BAD_LAYER"], "BAD": "event"})
        self.assertEqual(done.out, "")
        self.assertIn("CL_OUT_OF_RESOURCES", done.err)

    # ---- Interruption

    def start(self, *args, **more):
        process = subprocess.Popen(
            [harness.EXE, "bench", *args], cwd=self.folder, **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, end, pattern):
        """Reads a terminal until it shows this."""
        seen, until = b"", time.monotonic() + 1000
        while not re.search(pattern, seen):
            self.assertLess(time.monotonic(), until, seen)
            seen += os.read(end, 4096)
        return seen

    def test_an_interrupt_leaves_what_was_measured(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.start(
            *[f"h1 q{n} d4 w1,0" for n in range(8, 40)], "--csv", "rows.csv",
            stderr=theirs, stdout=subprocess.PIPE, text=True)
        os.close(theirs)
        seen = self.wait_for(ours, rb"2 of 32: h1 q9.*, \d+ (s|min) left")
        self.assertIn(b"1 of 32: h1 q8", seen)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=1000)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertRegex(out, r"(?m)^h1 q8 d4 w1,0 ")
        rows = re.findall(r"(?m)^h1 q\d+ d4 w1,0 ", out)
        self.assertIn(len(rows), range(1, 32))
        lines = (self.folder / "rows.csv").read_text().splitlines()
        self.assertEqual(len(lines), 3 + len(rows))

    def test_an_interrupt_by_timeout_leaves_what_was_measured(self):
        """It signals the process, then the group that the process is in."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.start(
            *[f"h1 q{n} d4 w1,0" for n in range(8, 40)], "--csv", "rows.csv",
            stderr=theirs, stdout=subprocess.PIPE, text=True,
            start_new_session=True)
        os.close(theirs)
        self.wait_for(ours, rb"2 of 32: h1 q9.*, \d+ (s|min) left")
        process.send_signal(signal.SIGINT)
        time.sleep(0.001)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=1000)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertRegex(out, r"(?m)^h1 q8 d4 w1,0 ")
        self.assertTrue((self.folder / "rows.csv").exists())

    def test_rows_are_in_their_file_before_all_are_measured(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.start(
            *[f"h1 q{n} d4 w1,0" for n in range(8, 40)], "--csv", "rows.csv",
            stderr=theirs, stdout=subprocess.PIPE, text=True)
        os.close(theirs)
        self.wait_for(ours, rb"3 of 32: h1 q10")
        process.kill()
        out, _ = process.communicate(timeout=1000)
        self.assertEqual(out, "")
        lines = (self.folder / "rows.csv").read_text().splitlines()
        self.assertIn(len(lines), range(5, 35))

    def test_an_interrupt_before_the_first_row_leaves_nothing(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.start(PROBLEM, "--csv", "rows.csv", stderr=theirs,
                             stdout=subprocess.PIPE, text=True)
        os.close(theirs)
        self.wait_for(ours, b"1 of 1")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=1000)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual((out, os.listdir(self.folder)), ("", []))


if __name__ == "__main__":
    harness.main()
