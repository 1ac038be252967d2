"""Bench with peers, all of them fake: what they say, wrongly or rightly, ends
up in rows or in warnings, and never in the way of the others."""
import csv
import shlex
import signal
import sys

import harness

PROBLEM = "h2/1 q5 k9 d4 v3 w3,1"


class Peers(harness.Cli):
    def install(self, *faults, patience=600):
        folder = self.folder / "peers"
        folder.mkdir(exist_ok=True)
        for fault in faults:
            path = folder / fault.replace(" ", "-")
            path.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} "
                            f"{harness.DATA}/fake_peer.py "
                            f"{shlex.quote(fault)} \"$@\"\n")
            path.chmod(0o755)
        (folder / "no program").write_text("")
        return {"ORIEL_PEERS": str(folder),
                "ORIEL_PEER_PATIENCE": str(patience)}

    def test_a_right_peer_gets_a_row_and_a_ratio(self):
        env = self.install("right", "slow")
        done = self.oriel("bench", PROBLEM, "--peers", "--json", "--csv",
                          "rows.csv", env=env)
        ours, right, slow = done.json()
        self.assertIsNone(ours["peer"])
        self.assertIsNone(ours["ratio"])
        self.assertEqual(right["peer"], "fake right")
        self.assertEqual(right["peer_version"], "1.2.3 of today")
        self.assertEqual(right["problem"], ours["problem"])
        self.assertEqual(right["threads"], ours["threads"])
        self.assertEqual(right["seconds_median"], 0.125)
        self.assertLess(right["max_error"], 1e-6)
        self.assertGreater(right["memory_bytes"], 1e6)
        self.assertEqual(right["turns"], ours["turns"])
        self.assertGreaterEqual(right["turns"], 5)
        self.assertIsNone(right["plan"])
        self.assertGreater(right["ratio"], 1)
        self.assertAlmostEqual(slow["ratio"] / right["ratio"], 2, delta=0.01)
        lines = (self.folder / "rows.csv").read_text().splitlines()
        self.assertEqual(len(lines), 2 + 1 + 3)
        self.assertIn(",fake right,1.2.3 of today,", lines[4])

    def test_a_faulty_peer_is_told_and_left_out(self):
        said = {"wrong": "its result is wrong: error",
                "nan": "its result is wrong: error nan",
                "dies": "it ended before it answered",
                "dies later": "it ended before it answered",
                "hangs": "no answer in 20 s",
                "babbles": 'it said "hello" where "ready ..." was expected',
                "cannot count": 'it said "seconds no idea"',
                "unsupported": "unsupported because it is fake",
                "missing": "missing because it is fake"}
        env = self.install(*said, "right", patience=20)
        done = self.oriel("bench", PROBLEM, PROBLEM + " lse",
                          "--peers", "--json", env=env)
        self.assertEqual([row["peer"] for row in done.json()],
                         [None, "fake right", None])
        for fault, sentence in said.items():
            line = f"oriel: warning: peer {fault.replace(' ', '-')}: {sentence}"
            self.assertEqual(done.err.count(line), 1, done.err)
        self.assertIn("peers know neither lse nor ranges", done.err)

    def test_an_interrupt_between_turns_leaves_whole_problems(self):
        env = self.install("interrupts")
        done = self.oriel("bench", PROBLEM, PROBLEM.replace("q5", "q6"),
                          PROBLEM.replace("q5", "q7"), "--peers", "--json",
                          "--csv", "rows.csv", env=env, status=-signal.SIGINT)
        self.assertEqual([row["problem"] for row in done.json()],
                         [PROBLEM, PROBLEM])
        self.assertEqual(done.err, "")
        text = (self.folder / "rows.csv").read_text().splitlines()
        self.assertEqual(len(text), 2 + 1 + 2)

    def test_growth_goes_on_without_a_peer_that_gives_up(self):
        env = self.install("tires", "missing")
        done = self.oriel("bench", "--growth", "--peers", "h1 q1 d1 w1,0",
                          "--plot", "growth.png", "--csv", "growth.csv",
                          env=env)
        self.assertEqual((self.folder / "growth.png").read_bytes()[:8],
                         b"\x89PNG\r\n\x1a\n")
        for name in ("us per query", "of that at 4096", "theirs / ours", "MB"):
            self.assertIn(name, done.out.splitlines()[3])
        text = (self.folder / "growth.csv").read_text().splitlines()
        rows = list(csv.DictReader(text[2:]))
        lengths = [2048 << n for n in range(10)]
        self.assertEqual([int(row["queries"]) for row in rows
                          if not row["peer"]], lengths)
        self.assertEqual([int(row["queries"]) for row in rows if row["peer"]],
                         lengths[:2])
        self.assertEqual(done.err.count("peer tires"), 1)
        self.assertEqual(done.err.count("peer missing"), 1)
        for row in rows:
            self.assertAlmostEqual(
                float(row["seconds_per_query"]) * int(row["queries"]),
                float(row["seconds_median"]))
            self.assertEqual(bool(row["growth"]), not row["peer"])
        # Work grows with the length, so time per query is no millionth.
        self.assertGreater(float(rows[-1]["growth"]), 0.01)
        self.assertLess(float(rows[-1]["growth"]), 10)

    def test_without_a_peer_nothing_is_begun(self):
        (self.folder / "empty").mkdir()
        for folder, words in (("empty", "holds no program"),
                              ("nowhere", "No such file")):
            env = {"ORIEL_PEERS": str(self.folder / folder)}
            self.refused([words, "ORIEL_PEERS"], "bench", PROBLEM, "--peers",
                         env=env)


if __name__ == "__main__":
    harness.main()
