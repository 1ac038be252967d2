"""`oriel explain`, and that what it lists can be run."""
import random
import xml.etree.ElementTree as xml

import harness


class Explain(harness.Cli):
    def test_the_first_candidate_is_the_plan_and_the_others_say_why_not(self):
        done = self.row("explain", "h8 q4096 d64 w64,64")
        self.assertEqual(list(done),
                         ["problem", "device", "plan", "candidates", "tiles"])
        self.assertEqual(done["problem"], "h8 q4096 d64 w64,64")
        first, *others = done["candidates"]
        self.assertEqual(first["plan"], done["plan"])
        self.assertGreater(first["cost"], 0)
        self.assertTrue(others)
        for c in others:
            self.assertEqual(list(c), ["plan", "cost", "reason"])
            self.assertTrue(c["reason"])
        costs = [c["cost"] for c in done["candidates"] if c["cost"]]
        self.assertEqual(costs, sorted(costs))

    def test_a_person_sees_the_same(self):
        problem = "h8 q4096 d64 w64,64"
        done = self.row("explain", problem)
        lines = self.oriel("explain", problem).out.splitlines()
        self.assertEqual(lines[0].split(maxsplit=1), ["problem", problem])
        self.assertEqual(lines[2].split(maxsplit=1), ["plan", done["plan"]])
        for c in done["candidates"]:
            self.assertTrue(any(line.startswith(c["plan"] + " ")
                                for line in lines), c)
        self.assertIn(done["tiles"]["picture"], lines)

    def facts(self, **more):
        """A device that is nowhere, on which one plan is known to be taken."""
        facts = {"name": "Nowhere 1", "kind": "cpu", "compute_units": 8,
                 "clock_mhz": 3000, "vector_floats": 8, "group_limit": 4096,
                 "axis_limit": 4096, "local_bytes": 65536,
                 "global_bytes": 8 << 30, "allocation_bytes": 2 << 30,
                 "argument_bytes": 1024, "address_bits": 64, "full_profile": 1,
                 "little_endian": 1, "compiler": 1, **more}
        text = "# made up\n" + "".join(f"{k} {v}\n" for k, v in facts.items())
        return self.put("facts.txt", text.encode())

    def test_a_recorded_device_needs_no_driver(self):
        done = self.row("explain", "h8 q4096 d64 w127,0", "--device-facts",
                        self.facts(), env={"OCL_ICD_VENDORS": "/nowhere"})
        self.assertEqual(done["device"], "Nowhere 1")

    def test_a_device_that_can_run_nothing_is_told_why(self):
        self.refused("no family of kernels can run this here", "explain",
                     "h1 q8 d8 w1,0", "--device-facts", self.facts(compiler=0),
                     status=3)

    def test_malformed_facts_are_refused(self):
        args = ("explain", "h1 q8 d8 w1,0", "--device-facts", "facts.txt")
        self.refused(["facts.txt", "No such file"], *args)
        for text in (b"name x\nfast 1\n", b"compute_units many\n",
                     b"name x\nname y\n", b"kind toaster\n"):
            self.put("facts.txt", text)
            self.refused("line", *args)
        self.facts()
        self.refused("exclude each other", *args, "--device", "0")

    # ---- Tiles

    def test_the_picture_shows_empty_edge_and_full_tiles(self):
        for problem in ("h1 q4096 d64 w255,0", "h1 q4096 d64 w600,600",
                        "h1 q4096 d64 winf,0", "h1 q200 d64 winf,inf"):
            tiles = self.row("explain", problem)["tiles"]
            picture = tiles["picture"]
            if "(" in picture:
                continue
            for mark, field in ((".", "empty"), ("/", "edge"), ("#", "full")):
                self.assertEqual(picture.count(mark), tiles[field], picture)
            # Nothing is visited but one run of tiles.
            self.assertNotIn(".", picture.strip("."))
            self.assertLess(tiles["row_begin"], tiles["row_end"])

    def test_the_picture_is_as_long_as_the_keys(self):
        for keys in (192, 200, 4096):
            tiles = self.row("explain", f"h1 q{keys} d64 winf,inf")["tiles"]
            self.assertEqual(tiles["empty"] + tiles["edge"] + tiles["full"],
                             -(-keys // tiles["tile_keys"]))

    def test_a_window_visits_no_tile_that_it_does_not_meet(self):
        tiles = self.row("explain", "h1 q8192 d64 w127,0")["tiles"]
        rows = tiles["row_end"] - tiles["row_begin"]
        touched = rows + 127
        most = (touched + tiles["tile_keys"] - 1) // tiles["tile_keys"] + 1
        self.assertLessEqual(tiles["edge"] + tiles["full"], most)
        self.assertGreater(tiles["empty"], 10)

    def test_long_runs_are_counted(self):
        tiles = self.row("explain", "h1 q1000000 d64 w127,0")["tiles"]
        self.assertRegex(tiles["picture"], r"\A\.\(\d+\)[/#]+\.\(\d+\)\Z")

    def test_a_row_sees_its_keys(self):
        for problem, row, begin, end in (
                ("h1 q10 d8 w2,1", 0, 0, 2), ("h1 q10 d8 w2,1", 5, 3, 7),
                ("h1 q10 d8 w2,1", 9, 7, 10), ("h1 q4 k10 d8 w2,0", 0, 4, 7),
                ("h1 q4 k10 d8 w2,0 start", 0, 0, 1),
                ("h1 q4 k10 d8 winf,inf", 2, 0, 10)):
            done = self.row("explain", problem, "--row", row)
            self.assertEqual(done["row"],
                             {"row": row, "begin": begin, "end": end})
            self.assertLessEqual(done["tiles"]["row_begin"], row)
            self.assertGreater(done["tiles"]["row_end"], row)
            out = self.oriel("explain", problem, "--row", row).out
            self.assertIn(f"row {row} sees {end - begin} keys: {begin} to "
                          f"{end - 1}\n", out)
        out = self.oriel("explain", "h1 q6 k2 d1 w0,0", "--row", 0).out
        self.assertIn("row 0 sees no key", out)

    def test_a_picture_is_a_file(self):
        for problem in ("h1 q4096 d64 w255,0", "h1 q1000000 d64 w127,0",
                        "h1 q3 d4 w0,0 start", "h1 q6 k2 d1 w0,0"):
            self.oriel("explain", problem, "--picture", "x.svg")
            root = xml.parse(self.folder / "x.svg").getroot()
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            bars = [e for e in root if e.tag.endswith("rect")]
            self.assertTrue(bars)
            for bar in bars:
                self.assertGreaterEqual(int(bar.get("width")), 0)
            texts = [e.text for e in root if e.tag.endswith("text")]
            self.assertEqual(texts[0], problem)
        self.refused("No such file", "explain", "h1 q3 d4 w0,0", "--picture",
                     "no/x.svg")

    # ---- Plans

    def test_listed_plans_run_and_are_right(self):
        dice = random.Random(4)
        for problem in ("h2/1 q50 k70 d16 w20,3 lse",
                        "b2 h1 q33 d8 winf,0 f16 ranges"):
            plans = [c["plan"]
                     for c in self.row("explain", problem)["candidates"]
                     if c["cost"] is not None]
            for plan in {plans[0], plans[-1], dice.choice(plans)}:
                done = self.row("run", problem, "--plan", plan, "--check")
                self.assertEqual(done["plan"], plan)


if __name__ == "__main__":
    harness.main()
