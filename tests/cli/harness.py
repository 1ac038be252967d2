"""Runs oriel as a user does, and holds it to its manual.

Environment: ORIEL_EXE, the program; POCL_CACHE_DIR and XDG_CACHE_HOME, folders
that all tests share, so that a kernel is compiled once. For slow devices:
CLI_STEP, of long lists of cases only one in so many; CLI_LEAVE_OUT, names of
programs that are skipped.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

import files

DATA = pathlib.Path(__file__).parent
sys.path.append(str(DATA.parent / "device"))
import guard

EXE = os.environ["ORIEL_EXE"]
# What clang says inside PoCL 3.1 while it compiles, and Mesa 22.3.
NOISE = re.compile(r"^(\d+ warnings? generated\.|MESA: warning: .*)\n", re.M)
# For tests of many programs: to store one, PoCL 3.1 compiles it once more, in a
# form of its own. cli_run and others store theirs. With NVIDIA's compiler a
# stored verdict of a trial is worth a second of every process.
UNSTORED = ({} if os.environ.get("ORIEL_TEST_DEVICE") == "nvidia" else
            {"XDG_CACHE_HOME": os.devnull})
STEP = int(os.environ.get("CLI_STEP", "1"))
SKIPPED = 77  # as Meson counts it
INTERPRETED = os.environ.get("ORIEL_TEST_DEVICE") == "oclgrind"


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def json(self):
        return json.loads(self.out, parse_constant=lambda x: 1 / 0)


def call(args, env=None, cwd=None, stdout=subprocess.PIPE, **more):
    environment = {k: v for k, v in os.environ.items() if k != "ORIEL_DEVICE"}
    environment.update(env or {})
    done = subprocess.run([EXE, *map(str, args)], env=environment, cwd=cwd,
                          stdout=stdout, stderr=subprocess.PIPE, text=True,
                          timeout=3000, check=False, **more)
    # What OpenCL refuses is an answer; some tests want that.
    for line in guard.reports(done.stderr.splitlines()):
        if "runtime error" not in line:
            raise AssertionError(line)
    return Result(done.returncode, done.stdout, NOISE.sub("", done.stderr))


class Cli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="oriel-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, content):
        """A file of the test's own folder."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def oriel(self, *args, status=0, env=None):
        done = call(args, env, self.folder)
        self.assertEqual(done.status, status, f"{args}: {done.err}")
        return done

    def can_run(self, family, problem):
        """Whether the planner offers a plan of it here."""
        lines = self.oriel("explain", problem, "--json").json()["candidates"]
        return any(c["cost"] is not None and c["plan"].split()[0] == family
                   for c in lines)

    def row(self, *args, status=0, env=None):
        """The one JSON object of a run or explain."""
        return self.oriel(*args, "--json", status=status, env=env).json()

    def refused(self, said, *args, status=2, env=None):
        """One line on standard error with these words, nothing on standard
        output with and without --json, no new file, the exit status."""
        before = sorted(os.listdir(self.folder))
        for more in ([], ["--json"]):
            done = self.oriel(*args, *more, status=status, env=env)
            self.assertEqual(done.out, "", args)
            self.assertRegex(done.err, r"\Aoriel: [^\n]+\n\Z", args)
            for words in [said] if isinstance(said, str) else said:
                self.assertIn(words, done.err, args)
        self.assertEqual(sorted(os.listdir(self.folder)), before, args)

    def qkv(self, q=(2, 6, 4), k=None, v=None, dtype="<f4", seed=1):
        """Options for three files of random numbers."""
        dice = random.Random(seed)
        out = []
        for name, shape in (("q", q), ("k", k or q), ("v", v or k or q)):
            numbers = [dice.uniform(-1, 1) for _ in range(files.count(shape))]
            if dtype == "<u2":
                numbers = files.bf16(numbers)
            path = self.put(name + ".npy", files.npy(shape, numbers, dtype))
            out += ["--" + name, path]
        return out


def main():
    name = pathlib.Path(sys.argv[0]).stem.removeprefix("test_")
    if name in os.environ.get("CLI_LEAVE_OUT", "").split():
        print(f"{name}: left out on this device, see tests/README.md")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
