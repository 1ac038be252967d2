"""The bits of a result do not depend on how many threads a device has."""
import harness

# One key head: two threads divide its keys, where the planner lets them.
PROBLEM = "h8/1 q1 k6000 d64 winf,0 lse"
OTHERS = ["b3 h6/2 q3 k900 d40 w700,9 lse", "h3 q70 k200 d16 w31,4 lse"]


class Threads(harness.Cli):
    def result(self, threads, problem, *more):
        """Plan, and the bytes of both results."""
        row = self.row("run", problem, "--out", "out.npy", "--lse", "lse.npy",
                       *more, env={"POCL_MAX_PTHREAD_COUNT": str(threads)})
        files = [self.folder / "out.npy", self.folder / "lse.npy"]
        return row["plan"], [path.read_bytes() for path in files]

    def test_two_threads_compute_what_one_does(self):
        for problem in [PROBLEM, *OTHERS]:
            self.assertEqual(self.result(1, problem)[1],
                             self.result(2, problem)[1], problem)

    def test_keys_are_divided_among_two_and_not_for_one(self):
        if "Portable" not in self.oriel("devices", "--json").json()[0][
                "platform"]:
            self.skipTest("the variable is PoCL's")
        self.assertNotIn("split", self.result(1, PROBLEM)[0])
        self.assertIn("split", self.result(2, PROBLEM)[0])

    def test_a_plan_gives_the_same_bits_with_any_number(self):
        plan = "decode x4 h2 q2 r4 k24 s48 qk3 pv3 split"
        problem = "b2 h4/2 q3 k700 d24 w500,0 lse"
        if not self.can_run("decode", problem):
            self.skipTest("decode is not for this device")
        one = self.result(1, problem, "--plan", plan)
        self.assertEqual(one[0], plan)
        for threads in (2, 3):
            self.assertEqual(one, self.result(threads, problem, "--plan", plan))


if __name__ == "__main__":
    harness.main()
