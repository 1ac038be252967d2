"""guard.py: a report makes a test fail, whatever its exit status."""
import contextlib
import io
import sys
import unittest

import guard


def run(text, status=0):
    script = f"import sys; print({text!r}); sys.exit({status})"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        return guard.main([sys.executable, "-c", script]), out.getvalue()


class Guard(unittest.TestCase):
    def test_reports_of_every_kind_are_failures(self):
        for line in ("Read-write data race at local memory address 0x1000",
                     "Invalid read of size 4 at global memory address 0x2",
                     "Controlflow depends on uninitialized value",
                     "Oclgrind - OpenCL runtime error detected",
                     "OCLGRIND FATAL ERROR (./src/core/WorkItem.cpp:1681)"):
            self.assertEqual(run("before\n" + line)[0], 1, line)

    def test_a_quiet_test_keeps_its_status_and_output(self):
        status, out = run("no race here")
        self.assertEqual((status, out), (0, "no race here\n"))
        self.assertEqual(run("all well", 3)[0], 3)

    def test_the_status_of_a_failure_is_kept(self):
        self.assertEqual(run("Invalid write of size 1", 7)[0], 7)


if __name__ == "__main__":
    unittest.main()
