"""The peers themselves: those in C compute what Oriel computes, as far as their
libraries are here, and the conversation of those in Python is as agreed."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import files
import harness

PEERS = pathlib.Path(os.environ["PEERS"])
# Blocks within the keys and at their ends, rows that see nothing, heads that
# share keys; numbers that are to be converted.
PROBLEMS = ["b2 h4/2 q100 k230 d48 v32 w33,7 end-3", "h6/2 q3 k300 d64 w100,0",
            "h2 q90 k60 d16 w9,5 start", "b2 h3/1 q37 d36 w9,9 bf16"]

# What peers in Python ask of numpy, and a peer that doubles q.
NUMPY = '''
import contextlib, pathlib, struct, zipfile
float32 = "f4"
@contextlib.contextmanager
def load(path):
    with zipfile.ZipFile(path) as archive:
        yield {name: archive.read(name + ".npy") for name in "qkv"}
def ascontiguousarray(values, dtype):
    return values
def save(file, values):
    file.write(values)
'''
DOUBLING = '''
import os, sys
import peer
def open_peer(problem, threads, load):
    q = load()[0]
    print("noise of a library")
    os.write(1, b"more noise")
    if problem.dim == 2:
        raise RuntimeError("dimension 2 is no good\\nand more")
    if problem.dim == 3:
        import no_such_library
    kept = []
    return "7.8", lambda: kept.append(1), lambda: q[:-4] + bytes([len(kept)])
peer.main("doubling", open_peer)
'''


def folder_of(parent, name):
    """A folder that holds one of the programs."""
    if not (PEERS / name).exists():
        raise unittest.SkipTest(f"{name} was not built: its library was not "
                                "there")
    folder = parent / "peers"
    folder.mkdir(exist_ok=True)
    for file in (name, "python.sh"):
        shutil.copy(PEERS / file, folder / file)
    return {"ORIEL_PEERS": str(folder)}


class Compiled(harness.Cli):
    def bench(self, program, name, lines):
        env = folder_of(self.folder, program)
        done = harness.call(["bench", "--peers", "--json", "--threads", 1,
                             *lines], env, self.folder)
        if "compute units; leave the option out" in done.err:
            self.skipTest("the driver knows no number of threads")
        self.assertEqual(done.status, 0, done.err)
        rows = [row for row in done.json() if row["peer"]]
        self.assertEqual([row["problem"] for row in rows], lines, done.err)
        for row in rows:
            self.assertEqual((row["peer"], row["threads"]), (name, 1))
            # Products in float, whatever q, k and v are stored as.
            self.assertLess(row["max_error"], 5e-6, row["problem"])

    def test_openblas_computes_every_kind_of_problem(self):
        self.bench("openblas_blocks", "openblas blocks", PROBLEMS)

    def test_clblast_computes_blocks_alone_and_in_batches(self):
        self.bench("clblast_blocks", "CLBlast blocks", PROBLEMS[:1])

    def test_two_threads_compute_the_same(self):
        env = folder_of(self.folder, "openblas_blocks")
        found = {}
        for threads in "12":
            self.talk([PEERS / "openblas_blocks", threads, "h2 q90 d8 w9,0"],
                      "write\n", env)
            found[threads] = files.read_npy(
                (self.folder / "out.npy").read_bytes())
        # Blocks may have another length, and sums another order.
        for one, two in zip(*(found[n][-1] for n in "12"), strict=True):
            self.assertAlmostEqual(one, two, delta=1e-5)

    def talk(self, command, said, env=None):
        path = self.folder / "in.npz"
        if not path.exists():
            numbers = [((7 * n) % 31 - 15) / 9 for n in range(2 * 90 * 8)]
            array = files.npy((1, 2, 90, 8), numbers, "<f4")
            path.write_bytes(files.npz({n: array for n in "qkv"}))
        return subprocess.run(
            [*map(str, command), path, self.folder / "out.npy"], input=said,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=1000, check=False, env=dict(os.environ, **(env or {})))

    def test_a_compiled_peer_answers_line_by_line(self):
        folder_of(self.folder, "openblas_blocks")
        program = PEERS / "openblas_blocks"
        done = self.talk([program, 1, "h2 q90 d8 w9,0"], "run\nwrite\nrun\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\Aready openblas blocks, [^,\n]+, "
                         r"1 thread\nseconds \S+\nwritten\nseconds \S+\n\Z")
        for line, said in (("h2 q90 d8 w9,0 cap4", "unsupported this peer "
                            "knows no softcap (cap)\n"),
                           ("h2 q90 d8 w9,0 lse", "unsupported this peer "
                            "knows no log-sums (lse)\n"),
                           ("h999 q9999999 d512 w9,0", "unsupported its "
                            "tensors need ")):
            done = self.talk([program, 1, line], "")
            self.assertIn(said, done.stdout)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        for command in ([program, 0, "h2 q90 d8 w9,0"],
                        [program, 1, "h2 q90 d9 w9,0"], [program, 1, "h2"]):
            done = self.talk(command, "")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertTrue(done.stderr)
        done = self.talk([program, 1, "h2 q90 d8 w9,0"], "walk\n")
        self.assertEqual(done.returncode, 3)
        self.assertIn('"run" or "write"', done.stderr)


class Python(harness.Cli):
    def setUp(self):
        super().setUp()
        self.venv = self.folder / "venv"
        (self.venv / "bin").mkdir(parents=True)
        (self.venv / "bin/python").symlink_to(sys.executable)
        (self.venv / "done").write_text("")
        for name in ("peer.py", "problem.py", "python.sh"):
            shutil.copy(PEERS / name, self.folder / name)
        (self.folder / "numpy.py").write_text(NUMPY)
        (self.folder / "doubling").write_text(DOUBLING)
        array = files.npy((1, 1, 2, 4), range(8), "<f4")
        self.array = array
        (self.folder / "in.npz").write_bytes(
            files.npz({name: array for name in "qkv"}))

    def talk(self, line, said, venv=None):
        return subprocess.run(
            ["sh", self.folder / "python.sh", self.folder / "doubling", "2",
             line, self.folder / "in.npz", self.folder / "out.npy"], input=said,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=1000, check=False,
            env=dict(os.environ, ORIEL_PEERS_VENV=str(venv or self.venv)))

    def test_the_conversation_is_free_of_noise(self):
        done = self.talk("h1 q2 d4 w1,0", "run\nrun\nwrite\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Aready doubling, 7.8, 2 threads\n"
                         r"seconds \S+\nseconds \S+\nwritten\n\Z")
        # It was warmed up by one run before it was ready.
        self.assertEqual((self.folder / "out.npy").read_bytes(),
                         self.array[:-4] + bytes([3]))

    def test_what_fails_is_one_sentence(self):
        for line, said in (("h1 q2 d4 w1,0 lse",
                            'unsupported this peer knows no "lse"\n'),
                           ("h1 q2 d2 w1,0",
                            "unsupported dimension 2 is no good\n"),
                           ("h1 q2 d3 w1,0", "missing No module named "
                            "'no_such_library'\n")):
            done = self.talk(line, "")
            self.assertEqual((done.returncode, done.stdout), (0, said))

    def test_without_its_libraries_a_peer_is_missing(self):
        done = self.talk("h1 q2 d4 w1,0", "", self.folder)
        self.assertEqual((done.returncode, done.stdout), (
            0, "missing what tools/peers/install installs\n"))
        env = folder_of(self.folder, "torch_blocked")
        env["ORIEL_PEERS_VENV"] = str(self.folder)
        done = self.oriel("bench", "h1 q2 d4 w1,0", "--peers", env=env)
        self.assertIn("peer torch_blocked: missing what tools/peers/install "
                      "installs\n", done.err)


if __name__ == "__main__":
    harness.main()
