"""Small cases whose right answer is known without running attention.

cases.json: inputs are row-major, q [B,H,S,D], k [B,M,K,D], v [B,M,K,V], key_end
[B]; "0 x 6" stands for six zeros; "nan", "inf", "-inf" are strings. They are
exact in the storage type of the problem. out and lse come from the definition
in double precision: an lse of "-inf" is met exactly, with a row of zeros.
"""
import json
import math

import files
import harness

CASES = json.loads((harness.DATA / "cases.json").read_text())


def numbers(tensor):
    out = []
    for item in tensor["data"]:
        value, _, times = str(item).partition(" x ")
        out += [float(value)] * int(times or 1)
    return out


def options(problem):
    """The words of a problem as options for files."""
    out, words = [], problem.split()
    for at, word in enumerate(words):
        if word in ("end", "start"):
            out += ["--align", word]
        elif word == "at":
            out += ["--origin", words[at + 1]]
        elif word in ("f32", "f16", "bf16"):
            out += ["--type", word]
        elif word.startswith("scale"):
            out += ["--scale", word[5:]]
        elif word.startswith("cap"):
            out += ["--softcap", word[3:]]
        elif word.startswith("w"):
            out += ["--window=" + word[1:]]
    return out


def storage(problem):
    words = problem.split()
    return "<u2" if "bf16" in words else "<f2" if "f16" in words else "<f4"


class Numbers(harness.Cli):
    def inputs(self, case):
        out = []
        for name in ("q", "k", "v", "key_end"):
            if name not in case:
                continue
            values = numbers(case[name])
            dtype = storage(case["problem"])
            if name == "key_end":
                values, dtype = list(map(int, values)), "<i4"
            elif dtype == "<u2":
                values = files.bf16(values)
            path = self.put(name + ".npy",
                            files.npy(case[name]["shape"], values, dtype))
            out += ["--" + name.replace("_", "-"), path]
        return out

    def result(self, name):
        dtype, shape, values = files.read_npy(
            (self.folder / name).read_bytes())
        return shape, files.from_bf16(values) if dtype == "<u2" else values

    def compare(self, case, *more):
        self.oriel("run", *self.inputs(case), *options(case["problem"]),
                   "--out", "out.npy", "--lse", "lse.npy", *more,
                   env=harness.UNSTORED)
        shape, out = self.result("out.npy")
        self.assertEqual(list(shape), case["out"]["shape"])
        for got, want in zip(out, numbers(case["out"])):
            self.assertLessEqual(abs(got - want), case["tolerance"])
        shape, lse = self.result("lse.npy")
        self.assertEqual(list(shape), case["lse"]["shape"])
        relative, absolute = case["lse_tolerance"]
        for got, want in zip(lse, numbers(case["lse"])):
            if math.isinf(want):
                self.assertEqual(got, want)
            else:
                self.assertLessEqual(abs(got - want),
                                     relative * abs(want) + absolute)

    def best_plans(self, problem, limits):
        """The first plan of every family."""
        if limits:
            problem += " ranges"
        best = {}
        answer = self.row("explain", problem + " lse")
        for candidate in answer["candidates"]:
            if candidate["cost"] is not None:
                best.setdefault(candidate["plan"].split()[0],
                                candidate["plan"])
        return best.values()

    def test_every_case_by_the_best_plan_of_every_family(self):
        for case in CASES[::harness.STEP]:
            plans = self.best_plans(case["problem"], "key_end" in case)
            self.assertTrue(plans)
            for plan in plans:
                with self.subTest(case["name"], plan=plan):
                    self.compare(case, "--plan", plan)

    def test_the_other_layout_has_the_same_answer(self):
        case, = [c for c in CASES if "layout" in c["name"]]
        self.compare(case, "--layout", "bshd")

    def test_every_width_of_a_window_counts_its_keys(self):
        shape = (1, 9, 1)
        zero = self.put("zero.npy", files.npy(shape, [0] * 9))
        v = self.put("v.npy", files.npy(shape, list(range(9))))
        for left in (0, 1, 3, 8):
            done = self.row("run", "--q", zero, "--k", zero, "--v", v,
                            "--window", f"{left},0", "--lse", "lse.npy")
            keys = [min(i, left) + 1 for i in range(9)]
            self.assertEqual(done["pairs"], sum(keys))
            _, lse = self.result("lse.npy")
            for got, want in zip(lse, keys):
                self.assertAlmostEqual(math.exp(got), want, delta=1e-5)

    def test_nan_stays_nan_where_it_is_seen(self):
        zero = self.put("zero.npy", files.npy((1, 4, 1), [0] * 4, "<u2"))
        v = self.put("v.npy", files.npy((1, 4, 1), [0x3F80, 0x7F81, 0x3F80,
                                                    0x4000], "<u2"))
        done = self.row("run", "--q", zero, "--k", zero, "--v", v, "--type",
                        "bf16", "--window", "1,0", "--out", "out.npy",
                        "--check")
        self.assertIsNone(done["sum"])
        _, out = self.result("out.npy")
        self.assertEqual([math.isnan(x) for x in out],
                         [False, True, True, False])
        self.assertEqual(out[3], 1.5)


if __name__ == "__main__":
    harness.main()
