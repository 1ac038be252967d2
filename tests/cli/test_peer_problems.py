"""Peers in Python read a problem as Oriel does, and cut it into blocks that
hold each pair of a row and a key that it sees once. Standard library only."""
import importlib.machinery
import importlib.util
import os
import pathlib
import random
import sys

import harness

SOURCE = pathlib.Path(os.environ["PEERS_SOURCE"])


def load(name, file):
    loader = importlib.machinery.SourceFileLoader(name, str(SOURCE / file))
    spec = importlib.util.spec_from_loader(name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


problems = load("problem", "problem.py")
runner = load("run", "run")


def random_line(dice):
    """One in which every row may see a key, or not."""
    queries, keys = dice.randint(1, 40), dice.randint(1, 60)
    left = dice.choice(["inf", dice.randint(-3, 50)])
    right = dice.choice(["inf", dice.randint(-2, 30)])
    if "inf" not in (left, right):
        right = max(right, -left)
    where = dice.choice(["", "start", f"end{dice.randint(-9, 9)}",
                         f"at {dice.randint(-9, 9)},{dice.randint(-9, 9)}"])
    return f"h4/2 q{queries} k{keys} d8 w{left},{right} {where}"


def sample(count, seed):
    dice = random.Random(seed)
    while count:
        try:
            yield problems.Problem(random_line(dice))
            count -= 1
        except problems.Unsupported as reason:
            assert "rows that all see a key" in str(reason), reason


class Problems(harness.Cli):
    def test_words_in_any_order_and_their_defaults(self):
        p = problems.Problem("d64 f16 w3,inf bshd h8/2 off4 q5")
        self.assertEqual((p.batch, p.heads, p.kv_heads, p.group), (1, 8, 2, 4))
        self.assertEqual((p.queries, p.keys, p.dim, p.v_dim), (5, 5, 64, 64))
        self.assertEqual((p.type, p.scale, p.shift), ("f16", 0.125, 0))
        p = problems.Problem("b3 h2 q5 k9 d4 v6 w3,1 scale0.3 of32 vf32 end-2")
        self.assertEqual((p.batch, p.kv_heads, p.keys, p.v_dim), (3, 2, 9, 6))
        self.assertEqual((p.scale, p.shift), (0.3, 2))
        self.assertEqual(problems.Problem("h1 q5 k9 d4 w9,9 start").shift, 0)
        self.assertEqual(problems.Problem("h1 q5 d4 w9,9 at 7,3").shift, 4)

    def test_what_no_peer_can_do_is_refused(self):
        for line in ("h1 q1 d1 w0,0 cap5", "h1 q1 d1 w0,0 lse",
                     "h1 q1 d1 w0,0 ranges", "h1 q1 d1 w0,0 fast",
                     "h1 q1 d1 w0,0 kf16", "h1 q1 d1", "h3/2 q1 d1 w0,0",
                     "h1 q5 k2 d1 w1,1 start", "h1 q1 d1 w0,0 at"):
            with self.assertRaises(problems.Unsupported, msg=line):
                problems.Problem(line)

    def test_a_row_sees_the_keys_that_oriel_says_it_sees(self):
        dice = random.Random(3)
        for _ in range(12):
            line = random_line(dice)
            try:
                p = problems.Problem(line)
            except problems.Unsupported:
                continue
            i = dice.randrange(p.queries)
            row = self.row("explain", line, "--row", i)["row"]
            self.assertEqual(p.seen(i), (row["begin"], row["end"]), line)

    def test_pieces_cover_the_band_and_nothing_else(self):
        dice = random.Random(5)
        for p in sample(300, 4):
            rows = dice.randint(1, 12)
            seen = set()
            for piece in problems.pieces(p, rows):
                for n in range(piece.count):
                    for r in range(piece.rows):
                        i = piece.first + n * piece.rows + r
                        low = r + piece.low
                        columns = {c for c in range(piece.span) if piece.full
                                   or low <= c <= low + p.left + p.right}
                        seen |= {(i, piece.begin + n * piece.rows + c)
                                 for c in columns}
            self.assertEqual(seen, {(i, j) for i in range(p.queries)
                                    for j in range(*p.seen(i))}, vars(p))

    def test_most_blocks_are_one_piece(self):
        p = problems.Problem("h1 q4096 d8 w64,64")
        self.assertEqual(len(problems.pieces(p, 32)), 5)
        self.assertEqual(max(x.count for x in problems.pieces(p, 32)), 124)

    def test_tiles_know_which_of_them_need_a_mask(self):
        dice = random.Random(7)
        for p in sample(300, 6):
            size = dice.randint(1, 9)
            some, full = problems.tiles(p, size)
            for n, first in enumerate(range(0, p.queries, size)):
                rows = range(first, min(first + size, p.queries))
                for t in range(-(-p.keys // size)):
                    keys = range(t * size, min((t + 1) * size, p.keys))
                    pairs = [p.seen(i)[0] <= j < p.seen(i)[1]
                             for i in rows for j in keys]
                    inside = some[n][0] <= t < some[n][1]
                    whole = full[n][0] <= t < full[n][1]
                    self.assertEqual(any(pairs), inside, (vars(p), n, t))
                    if whole:
                        self.assertTrue(all(pairs) and inside, vars(p))


class Runner(harness.Cli):
    def found(self, *peers, line="h1 q900 d8 w511,0"):
        ours = {"problem": line, "peer": None, "ratio": None}
        return [ours] + [{"problem": line, "peer": peer, "ratio": ratio}
                         for peer, ratio in peers]

    def test_a_ratio_that_is_too_small_is_a_sentence(self):
        for blas, torch, said in (
                (1.6, 1.1, []),
                (1.5, 1.1, ["1.50 times as fast as openblas blocks; more "
                            "than 1.5 is demanded"]),
                (1.6, 1.0, ["1.00 times as fast as torch blocked SDPA; more "
                            "than 1 is demanded"])):
            sentences = list(runner.shortcomings(self.found(
                ("openblas blocks", blas), ("torch blocked SDPA", torch))))
            self.assertEqual(len(sentences), len(said))
            for words, sentence in zip(said, sentences):
                self.assertIn(words, sentence)

    def test_wide_windows_must_only_be_ahead_of_openblas(self):
        found = self.found(("openblas blocks", 1.2), ("torch x", 2.0),
                           line="h1 q900 d8 w512,0")
        self.assertEqual(list(runner.shortcomings(found)), [])
        self.assertEqual(runner.span("h1 q9 k7 d8 w512,0"), 7)
        self.assertEqual(runner.span("h1 q9 d8 winf,0"), 9)

    def test_who_must_take_part_is_missed(self):
        sentences = list(runner.shortcomings(self.found(("torch x", 2.0))))
        self.assertEqual(sentences, ["h1 q900 d8 w511,0: no peer by openblas "
                                     "took part"])


if __name__ == "__main__":
    sys.modules["problem"] = problems
    harness.main()
