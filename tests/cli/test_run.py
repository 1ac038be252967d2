"""`oriel run` where it has something to do."""
import itertools
import json
import re
import resource

import files
import harness

CAUSAL = ("--window", "3,0")


class Run(harness.Cli):
    def npy(self, name):
        return files.read_npy((self.folder / name).read_bytes())

    # ---- Report

    def test_a_problem_runs_and_is_checked(self):
        done = self.row("run", "b2 h6/2 q20 k30 d8 v4 w9,2 bf16 cap30",
                        "--check")
        self.assertEqual(list(done), [
            "problem", "device", "plan", "seconds", "gflops", "pairs", "sum",
            "max_error", "bound"])
        self.assertEqual(done["problem"],
                         "b2 h6/2 q20 k30 d8 v4 w9,2 bf16 cap30")
        self.assertLessEqual(done["max_error"], done["bound"])
        self.assertGreater(done["bound"], 0)
        self.assertGreater(done["seconds"], 0)
        rate = 2 * (8 + 4) * done["pairs"] / done["seconds"] * 1e-9
        self.assertAlmostEqual(done["gflops"] / rate, 1)

    def test_the_error_told_is_the_largest(self):
        done = self.row("run", "b2 h6/2 q20 k30 d8 v4 w9,2 bf16 cap30",
                        "--plan", "row g1 k0", "--check")
        # What that element loses to 16 bits; 3.6e-4 is nearest to its bound.
        self.assertAlmostEqual(done["max_error"], 1.4907e-3, delta=3e-6)

    def test_a_person_gets_one_line(self):
        out = self.oriel("run", "h1 q8 d8 w1,0", "--check").out
        self.assertRegex(out, r"\Ah1 q8 d8 w1,0 \| [^|\n]+ \| [^|\n]+ \| "
                         r"seconds \S+ \| gflops \S+ \| pairs 15 \| sum \S+ "
                         r"\| max_error \S+ \| bound \S+\n\Z")

    def test_pairs_and_sum_are_of_all_heads_and_entries(self):
        q = (2, 3, 4, 2)
        self.put("one.npy", files.npy(q, [1] * files.count(q)))
        done = self.row("run", "--q", "one.npy", "--k", "one.npy", "--v",
                        "one.npy", "--window", "1,0")
        self.assertEqual(done["pairs"], 2 * 3 * (1 + 2 + 2 + 2))
        self.assertEqual(done["sum"], 2 * 3 * 4 * 2)

    def test_pairs_follow_the_key_ranges(self):
        q = (2, 1, 4, 1)
        self.put("x.npy", files.npy(q, [1] * 8))
        self.put("begin.npy", files.npy((2,), [1, -5], "<i8"))
        self.put("end.npy", files.npy((2,), [4, 2], "<i4"))
        args = ("run", "--q", "x.npy", "--k", "x.npy", "--v", "x.npy",
                "--window", "1,0")
        ranges = ("--key-begin", "begin.npy", "--key-end", "end.npy")
        done = self.row(*args, *ranges, "--align", "start", "--check")
        # Entry 0: rows 1, 2, 3 see 1, 2, 2 keys; entry 1: 1, 2, 1, 0.
        self.assertEqual(done["pairs"], 5 + 4)
        # END: entry 1's last row stands on key 1, so rows 2 and 3 see 1 and 2.
        self.assertEqual(self.row(*args, *ranges)["pairs"], 5 + 3)
        # One alone is allowed.
        self.assertEqual(self.row(*args, *ranges[2:], "--align", "start",
                                  "--check")["pairs"], 7 + 4)
        self.assertEqual(self.row(*args, *ranges[:2], "--check")["pairs"],
                         5 + 7)

    def test_runs_are_timed_against_a_burst(self):
        done = self.row("run", "h2 q64 d16 w15,0", "--repeat", 5)
        self.assertGreater(done["seconds"], 0)
        if done["peak_gflops"] is None or harness.INTERPRETED:
            self.skipTest("no peak is measured on this device, or a small one")
        self.assertGreater(done["peak_gflops"], 0.1)
        self.assertGreater(done["share_of_peak"], 0)
        self.assertLess(done["share_of_peak"], 1)

    def test_the_time_of_planning_is_printed_where_it_is_asked_for(self):
        done = self.row("run", "h2 q64 d16 w15,0", "--timing")
        self.assertGreater(done["plan_seconds"], 0)

    def test_the_smallest_problem_takes_time(self):
        done = self.row("run", "h1 q1 d1 w0,0", "--repeat", 3)
        self.assertGreater(done["seconds"], 0)
        self.assertEqual(done["pairs"], 1)

    # ---- Random numbers

    def test_a_seed_means_the_same_numbers(self):
        problem = "h2 q9 d8 w3,0"
        same = [self.row("run", problem, "--seed", 7)["sum"] for _ in "ab"]
        self.assertEqual(same[0], same[1])
        default = self.row("run", problem)["sum"]
        self.assertEqual(default, self.row("run", problem, "--seed=0")["sum"])
        self.assertNotEqual(default, same[0])

    def test_words_for_extras_bring_their_buffers(self):
        done = self.row("run", "b2 h2/1 q9 k14 d8 w5,1 lse ranges", "--check",
                        "--lse", "lse.npy")
        self.assertEqual(self.npy("lse.npy")[1], (2, 2, 9))
        self.assertLess(done["pairs"], 2 * 2 * 9 * 7)

    def test_strides_and_offsets_are_used(self):
        self.oriel("run", "b2 h2 q9 d8 w3,0 qs:400,160,17,1 ks:0,0,8,1 "
                   "os:999,300,20,2 off4", "--check")
        self.oriel("run", "h2 q9 d8 w3,0 f16 bshd off2", "--check", "--out",
                   "out.npy")
        self.assertEqual(self.npy("out.npy")[1], (1, 9, 2, 8))
        self.oriel("run", "h2 q9 d8 w3,0", "--out", "out.npy")
        self.assertEqual(self.npy("out.npy")[1], (1, 2, 9, 8))

    # ---- Files

    def test_out_and_lse_have_the_rank_and_layout_of_q(self):
        for rank, layout in itertools.product((2, 3, 4), ("bhsd", "bshd")):
            axes = {"bhsd": ["b", "h", "s"], "bshd": ["b", "s", "h"]}[layout]
            size = {"b": 2, "h": 4, "s": 5}
            keys = {"b": 2, "h": 2, "s": 7}
            kept = ["s"] if rank == 2 else axes[4 - rank:]
            q = [size[x] for x in kept]
            k = [keys[x] for x in kept]
            done = self.row("run", *self.qkv((*q, 6), (*k, 6), (*k, 3)),
                            *CAUSAL, "--layout", layout, "--out", "out.npy",
                            "--lse", "lse.npy", "--check")
            if rank > 2:
                self.assertEqual("bshd" in done["problem"].split(),
                                 layout == "bshd", done)
                self.assertNotIn(" os:", done["problem"])
            self.assertEqual(self.npy("out.npy")[:2], ("<f4", (*q, 3)))
            want = tuple(size[x] for x in ("b", "h", "s") if x in kept)
            self.assertEqual(self.npy("lse.npy")[:2], ("<f4", want))

    def test_the_layouts_agree(self):
        plain = self.qkv((2, 3, 5, 4))
        self.oriel("run", *plain, *CAUSAL, "--out", "want.npy")
        want = self.npy("want.npy")[2]
        for name in "qkv":
            values = iter(self.npy(name + ".npy")[2])
            moved = [0.0] * 120
            for b, h, s, d in itertools.product(*map(range, (2, 3, 5, 4))):
                moved[((b * 5 + s) * 3 + h) * 4 + d] = next(values)
            self.put(name + ".npy", files.npy((2, 5, 3, 4), moved))
        self.oriel("run", *plain, *CAUSAL, "--layout", "bshd", "--out",
                   "out.npy")
        got = self.npy("out.npy")[2]
        for at, (b, h, s, d) in enumerate(
                itertools.product(*map(range, (2, 3, 5, 4)))):
            self.assertEqual(got[((b * 5 + s) * 3 + h) * 4 + d], want[at])

    def test_types_are_those_of_q_unless_said(self):
        for dtype, own in (("<f4", "<f4"), ("<f2", "<f2")):
            plain = self.qkv(dtype=dtype)
            self.oriel("run", *plain, *CAUSAL, "--out", "out.npy", "--check")
            self.assertEqual(self.npy("out.npy")[0], own)
        done = self.row("run", *self.qkv(dtype="<u2"), *CAUSAL, "--type",
                        "bf16", "--out", "out.npy", "--check")
        self.assertIn("bf16", done["problem"].split())
        self.assertEqual(self.npy("out.npy")[0], "<u2")

    def test_every_tensor_may_have_its_own_type(self):
        done = self.row("run", *self.qkv(), *CAUSAL, "--k-type", "f16",
                        "--v-type", "bf16", "--out-type", "f16", "--out",
                        "out.npy", "--check")
        self.assertTrue(done["problem"].endswith("kf16 vbf16 of16"), done)
        self.assertEqual(self.npy("out.npy")[0], "<f2")
        done = self.row("run", *self.qkv(), *CAUSAL, "--type", "f16",
                        "--check")
        self.assertIn("f16", done["problem"].split())

    def test_options_say_what_the_words_of_a_problem_say(self):
        size = "h2 q6 d4"
        for options, words in (
                (["--causal"], "winf,0"),
                (["--window", "2,5", "--causal"], "w2,0"),
                (["--window", "2,-1", "--causal"], "w2,-1"),
                (["--window", "inf,inf"], "winf,inf"),
                (["--window", "2,1", "--align", "end"], "w2,1"),
                (["--window", "2,1", "--align", "end-3"], "w2,1 end-3"),
                (["--window", "2,1", "--align", "start"], "w2,1 start"),
                (["--window", "2,1", "--origin", "-4,5"], "w2,1 at -4,5"),
                (["--window", "2,1", "--scale", "0.125"], "w2,1 scale0.125"),
                (["--window", "2,1", "--softcap", "1.5"], "w2,1 cap1.5")):
            done = self.row("run", *self.qkv((2, 6, 4)), *options)
            self.assertEqual(done["problem"], f"{size} {words}")

    def test_shapes_that_do_not_fit_are_refused_with_all_three(self):
        for q, k, v, words in (
                ((2, 6, 4), (2, 6, 5), None, "dim of k"),
                ((2, 6, 4), (2, 7, 4), (2, 6, 4), "rows of v"),
                ((2, 6, 4), (2, 6, 4), (1, 6, 4), "heads of v"),
                ((3, 6, 4), (2, 6, 4), None, "heads of k do not divide"),
                ((2, 2, 6, 4), (3, 2, 6, 4), None, "batch of k"),
                ((2, 2, 6, 4), (2, 2, 6, 4), (1, 2, 6, 4), "batch of v")):
            done = self.oriel("run", *self.qkv(q, k, v), *CAUSAL, status=2)
            self.assertIn(words, done.err)
            self.assertIn(f"q [{','.join(map(str, q))}], k [", done.err)
        self.refused("all have the same", "run", *self.qkv((2, 6, 4), (6, 4)),
                     *CAUSAL)
        self.refused("rank 1", "run", *self.qkv((6,)), *CAUSAL)

    def test_malformed_key_ranges_are_refused(self):
        args = ("run", *self.qkv((2, 2, 6, 4)), *CAUSAL, "--key-end", "e.npy")
        self.put("e.npy", files.npy((2,), [1, 2], "<f4"))
        self.refused("--key-end has dtype f4; i4 or i8", *args)
        self.put("e.npy", files.npy((3,), [1, 2, 3], "<i4"))
        self.refused("--key-end has shape [3]; [2], one number", *args)
        self.put("e.npy", files.npy((2, 1), [1, 2], "<i4"))
        self.refused("--key-end has shape [2,1]", *args)
        self.put("e.npz", files.npz({"n": files.npy((2,), [1, 2], "<i4")}))
        self.oriel(*args[:-1], "e.npz:n", "--check")

    def test_key_ranges_go_with_a_problem_too(self):
        self.put("e.npy", files.npy((2,), [3, 0], "<i4"))
        done = self.row("run", "b2 h1 q8 d8 w1,0 start", "--key-end", "e.npy",
                        "--check")
        self.assertEqual(done["pairs"], 1 + 2 + 2 + 1)
        self.assertTrue(done["problem"].endswith("ranges"))

    def test_a_full_disk_leaves_the_old_file(self):
        args = ["run", "h1 q64 d64 w9,0", "--out", "out.npy"]
        self.oriel(*args)  # what is compiled is then in the caches
        old = self.put("out.npy", b"old")
        done = harness.call(
            args, cwd=self.folder, restore_signals=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                  (8192, 8192)))
        self.assertEqual(done.status, 2, done.err)
        self.assertIn("out.npy: File too large", done.err)
        self.assertEqual(done.out, "")
        self.assertEqual(old.read_bytes(), b"old")
        self.assertEqual([f.name for f in self.folder.iterdir()], ["out.npy"])

    def test_limits_beyond_32_bits_are_clamped(self):
        self.put("e.npy", files.npy((2,), [2**40, -2**40], "<i8"))
        done = self.row("run", *self.qkv((2, 2, 6, 4)), *CAUSAL, "--align",
                        "start", "--key-end", "e.npy", "--check")
        self.assertEqual(done["pairs"], 2 * (1 + 2 + 3 + 4 + 4 + 4))

    # ---- Checks

    def test_a_result_is_what_is_expected(self):
        args = ("run", *self.qkv(), *CAUSAL)
        self.oriel(*args, "--out", "out.npy")
        done = self.row(*args, "--expect", "out.npy")
        self.assertEqual(done["expect_error"], 0)
        _, shape, values = self.npy("out.npy")
        values[7] += 0.01
        self.put("off.npy", files.npy(shape, values))
        for more in (["--expect", "off.npy"],
                     ["--expect", "off.npy", "--tolerance", "0.001"]):
            failed = self.oriel(*args, *more, "--json", status=1)
            self.assertRegex(failed.err, r"\Aoriel: expect: error \S+ is above "
                             r"the bound \S+ in batch entry 0, head 0, row 1\n")
            done = json.loads(failed.out)
            self.assertGreater(done["expect_error"], done["expect_bound"])
        self.oriel(*args, "--expect", "off.npy", "--tolerance", "0.1")
        values[7] = float("nan")
        self.put("off.npy", files.npy(shape, values))
        self.oriel(*args, "--expect", "off.npy", "--tolerance", "9", status=1)

    def test_errors_are_relative_to_the_largest_value_seen(self):
        shape = (1, 4, 2)
        plain = self.qkv(shape)
        self.put("v.npy", files.npy(shape, [-1000.0] * 8))
        self.put("e.npy", files.npy(shape, [-1000.0] * 7 + [-1001.0]))
        done = self.row("run", *plain, *CAUSAL, "--expect", "e.npy",
                        "--tolerance", "0.01")
        self.assertAlmostEqual(done["expect_error"], 0.001, delta=1e-5)

    def test_expectations_of_another_shape_are_refused(self):
        args = ("run", *self.qkv((2, 6, 4)), *CAUSAL, "--expect", "e.npy")
        self.put("e.npy", files.npy((2, 4, 6), [0] * 48))
        self.refused("--expect has dtype f4 and shape [2,4,6]; f4 and [2,6,4]",
                     *args)
        self.put("e.npy", files.npy((2, 6, 4), [0] * 48, "<f2"))
        self.refused("--expect has dtype f2", *args)

    def test_clblast_agrees_where_it_is_built_in(self):
        done = harness.call(["run", "h2/1 q40 k50 d16 w9,3", "--check",
                             "--reference", "--json"])
        if done.status == 2:
            self.assertIn("built without CLBlast", done.err)
            self.skipTest("no CLBlast")
        self.assertEqual(done.status, 0, done.err)
        self.assertLess(json.loads(done.out)["reference_error"], 1e-5)

    # ---- Plans and devices

    def test_a_forced_plan_is_the_plan(self):
        problem = "h1 q20 d8 w5,0"
        plans = [c["plan"] for c in self.row("explain", problem)["candidates"]
                 if c["cost"] is not None]
        done = self.row("run", problem, "--plan", plans[-1], "--check")
        self.assertEqual(done["plan"], plans[-1])

    def test_a_malformed_plan_shows_its_word(self):
        for plan in ("fly x8", "row g1 k0 fast", "row g9999999"):
            done = self.oriel("run", "h1 q8 d8 w1,0", "--plan", plan,
                              status=2)
            self.assertRegex(done.err, r"\Aoriel: [^\n]+\n\Z")
            self.assertTrue(any(f'"{w}"' in done.err for w in plan.split()),
                            done.err)

    def test_what_the_device_has_no_memory_for_is_refused_at_once(self):
        for problem in ("h64 q1000000 d512 w1,0", "b1000 h1000 q10000000 d512 "
                        "w1,0"):
            self.refused("the largest on this device", "run", problem,
                         status=3)

    def test_a_device_that_is_not_there_is_refused(self):
        problem = "h1 q8 d8 w1,0"
        self.refused('--device: no OpenCL device is named like "Nobody"',
                     "run", problem, "--device", "Nobody")
        self.refused("ORIEL_DEVICE: no OpenCL device is named like", "run",
                     problem, env={"ORIEL_DEVICE": "Nobody"})
        self.refused("--device", "run", problem, "--device", "4711")

    def test_numbers_have_a_point_in_every_locale(self):
        done = self.oriel("run", "h1 q8 d8 w1,0 scale0.5", "--json",
                          env={"LC_ALL": "de_DE.UTF-8"})
        self.assertIn("scale0.5", done.json()["problem"])
        self.assertFalse(re.search(r"\d,\d+[,\n]", done.out.replace(
            "w1,0", "")))

    def test_progress_is_not_drawn_without_a_terminal(self):
        self.assertEqual(self.oriel("run", "h1 q8 d8 w1,0").err, "")


if __name__ == "__main__":
    harness.main()
