"""`oriel selftest`."""
import harness


class Selftest(harness.Cli):
    def test_every_family_has_a_verdict_for_every_type(self):
        rows = self.oriel("selftest", "--json").json()
        families = {r["family"] for r in rows}
        self.assertIn("row", families)
        self.assertEqual({(r["family"], r["type"]) for r in rows},
                         {(f, t) for f in families
                          for t in ("f32", "f16", "bf16")})
        self.assertEqual(len(rows), 3 * len(families))
        for r in rows:
            self.assertIn(r["verdict"], ("right", "refused"), r)
            if r["verdict"] == "right":
                self.assertGreater(r["calls"], 0)
                self.assertLessEqual(r["max_error"], r["bound"])
            else:
                self.assertTrue(r["reason"])
        self.assertTrue(all(r["verdict"] == "right" for r in rows
                            if r["family"] == "row"))

    def test_a_person_gets_a_table(self):
        lines = self.oriel("selftest").out.splitlines()
        self.assertEqual(lines[0].split(), ["family", "type", "verdict",
                                            "max_error", "bound", "calls",
                                            "reason"])
        self.assertEqual(lines[-1].split()[:3], ["row", "bf16", "right"])


if __name__ == "__main__":
    harness.main()
