"""What makes a test of a setup fail: a report of Oclgrind, whatever the exit
status (guard.py), and a device that is not there."""
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import guard

SETUPS = ("pocl", "intel", "fpgaemu", "rusticl", "oclgrind")


def run(text, status=0):
    script = f"import sys; print({text!r}); sys.exit({status})"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        return guard.main([sys.executable, "-c", script]), out.getvalue()


class Guard(unittest.TestCase):
    def test_reports_of_every_kind_are_failures(self):
        for line in ("Read-write data race at local memory address 0x1000",
                     "Invalid read of size 4 at global memory address 0x2",
                     "Invalid write to read-only buffer at global memory "
                     "address 0x2",
                     "Invalid memory load - source pointer is not aligned to "
                     "the pointed type",
                     "Controlflow depends on uninitialized value",
                     "Uninitialized value written to global memory address 0x2",
                     "Uninitialized address used to read from memory",
                     "Instruction depends on an uninitialized index value",
                     "Work-group divergence detected (barrier)",
                     "Work-item finished without waiting for events",
                     "Oclgrind - OpenCL runtime error detected",
                     "OCLGRIND FATAL ERROR (./src/core/WorkItem.cpp:1681)"):
            self.assertEqual(run("before\n" + line)[0], 1, line)

    def test_a_quiet_test_keeps_its_status_and_output(self):
        status, out = run("no race here")
        self.assertEqual((status, out), (0, "no race here\n"))
        self.assertEqual(run("all well", 3)[0], 3)

    def test_the_status_of_a_failure_is_kept(self):
        self.assertEqual(run("Invalid write of size 1", 7)[0], 7)

    def test_a_test_that_is_skipped_fails_for_a_report_all_the_same(self):
        self.assertEqual(run("nothing to do", 77)[0], 77)
        self.assertEqual(run("Invalid write of size 1", 77)[0], 1)


class Setups(unittest.TestCase):
    def test_a_setup_without_its_device_fails(self):
        script = pathlib.Path(__file__).parent / "test_device.py"
        with tempfile.TemporaryDirectory() as nothing:
            for name in SETUPS:
                done = subprocess.run(
                    [sys.executable, script], check=False, capture_output=True,
                    env={**os.environ, "OCL_ICD_VENDORS": nothing,
                         "ORIEL_TEST_DEVICE": name}, text=True)
                self.assertEqual(done.returncode, 1, name)
                self.assertIn("tools/install-devices brings it", done.stderr)


if __name__ == "__main__":
    unittest.main()
