"""File formats: what is read, and what each malformed file is told."""
import json
import struct
import zipfile

import files
import harness

SHAPE = (2, 6, 4)
COUNT = files.count(SHAPE)
RAMP = [0.25 * (n % 13) - 1.5 for n in range(COUNT)]
CAUSAL = ("--window", "2,0", "--out", "out.npy")


class Files(harness.Cli):
    def place(self, content, name="x.npy"):
        """Options with this file as v beside a good q and k."""
        return ["run", *self.qkv(SHAPE)[:4], "--v", self.put(name, content),
                *CAUSAL]

    def result(self, *args):
        self.oriel(*args)
        content = (self.folder / "out.npy").read_bytes()
        (self.folder / "out.npy").unlink()
        return content

    def same_as_plain(self, content, name="x.npy", member=""):
        want = self.result(*self.place(files.npy(SHAPE, RAMP)))
        args = self.place(content, name)
        args[args.index("--v") + 1] = f"{args[args.index('--v') + 1]}{member}"
        self.assertEqual(self.result(*args), want)

    # ---- .npy

    def test_the_other_versions_of_the_header_are_read(self):
        self.same_as_plain(files.npy(SHAPE, RAMP, version=2))
        self.same_as_plain(files.npy(SHAPE, RAMP, version=3))

    def test_fortran_order_is_read(self):
        self.same_as_plain(files.npy(SHAPE, RAMP, fortran=True))

    def test_fortran_order_of_four_axes_is_read(self):
        shape = (2, 3, 5, 4)
        plain = self.qkv(shape)
        want = self.result("run", *plain, *CAUSAL)
        for name in ("q", "k", "v"):
            _, _, values = files.read_npy(
                (self.folder / f"{name}.npy").read_bytes())
            self.put(f"{name}.npy", files.npy(shape, values, fortran=True))
        self.assertEqual(self.result("run", *plain, *CAUSAL), want)

    def test_headers_of_other_writers_are_read(self):
        for text in ('{"shape": (2,6,4), "fortran_order": False, '
                     '"descr": "<f4"}',
                     "{'descr':'<f4','fortran_order':False,"
                     "'shape':(2L, 6L, 4L,),}"):
            self.same_as_plain(files.npy(SHAPE, RAMP, text=text))

    def test_values_at_an_odd_offset_are_read(self):
        plain = files.npy(SHAPE, RAMP)
        head = plain[10:128].rstrip() + b" \n"
        while len(head) % 2 == 0:
            head = b" " + head
        self.same_as_plain(plain[:8] + struct.pack("<H", len(head)) + head +
                           plain[128:])

    def test_other_dtypes_are_refused_with_what_is_read(self):
        for dtype, words in ((">f4", "is big-endian"), ("<f8", "is not read"),
                             ("|u1", "is not read"), ("<c8", "is not read")):
            content = files.header(dtype, SHAPE) + bytes(8 * COUNT)
            self.refused([f"x.npy: dtype {dtype} {words}",
                          "<f4, <f2, <u2 (bf16), <i4, <i8"],
                         *self.place(content))

    def test_integers_are_no_tensor(self):
        content = files.npy(SHAPE, [1] * COUNT, "<i4")
        self.refused("v has dtype i4", *self.place(content))
        content = files.npy(SHAPE, [1] * COUNT, "<u2")
        self.refused("--type bf16 says so", *self.place(content))

    def test_a_file_cut_short_tells_expected_and_found_bytes(self):
        whole = files.npy(SHAPE, RAMP)
        self.refused("cut short: 192 bytes of values expected, 187 found",
                     *self.place(whole[:-5]))
        self.refused("cut short: 192 bytes of values expected, 0 found",
                     *self.place(whole[:128]))
        self.refused("cut short in its header: 128 bytes expected, 100 found",
                     *self.place(whole[:100]))
        self.refused("cut short in its header", *self.place(whole[:9]))
        self.refused("not a .npy", *self.place(whole[:5]))
        self.refused("not a .npy", *self.place(b""))

    def test_trailing_bytes_are_refused(self):
        self.refused("trailing bytes: 192 bytes of values expected, 193 found",
                     *self.place(files.npy(SHAPE, RAMP) + b"x"))

    def test_malformed_headers_are_refused(self):
        good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 6, 4), }"
        for old, new, words in (
                ("'descr': '<f4', ", "", "lacks one of"),
                ("'fortran_order': False, ", "", "lacks one of"),
                ("'shape': (2, 6, 4), ", "", "lacks one of"),
                ("'descr'", "'dtype'", "has a key that is none of"),
                ("'fortran_order': False", "'descr': '<f4'", "a key twice"),
                ("False", "0", "neither True nor False"),
                ("'<f4'", "[('a', '<f4')]", "structured dtype"),
                ("'<f4'", "4", "malformed descr"),
                ("(2, 6, 4)", "[2, 6, 4]", "malformed shape"),
                ("(2, 6, 4)", "(2, -6, 4)", "malformed shape"),
                ("(2, 6, 4)", "(2, 6.0, 4)", "malformed shape"),
                ("(2, 6, 4)", "(2, 6, 4", "malformed shape"),
                ("(2, 6, 4)", "(2, 0, 4)", "axis of length 0"),
                ("(2, 6, 4)", "()", "rank 0"),
                ("(2, 6, 4)", "(1, 1, 2, 6, 4)", "more than 4"),
                ("(2, 6, 4)", "(4000000000, 4000000000, 4)", "too large"),
                ("(2, 6, 4)", "(99999999999999999999, 1)", "malformed shape"),
                ("{'", "'", "no dictionary"),
                ("}", "", "no dictionary"),
                ("}", "} x", "goes on"),
                ("'<f4'", "'<f4", "")):
            content = files.npy(SHAPE, RAMP, text=good.replace(old, new))
            self.refused(["x.npy", words], *self.place(content))
        self.refused("holds a zero byte", *self.place(
            files.npy(SHAPE, RAMP, text=good + "\0")))

    def test_an_unknown_version_is_refused(self):
        content = bytearray(files.npy(SHAPE, RAMP))
        content[6] = 4
        self.refused(".npy version 4.0; 1.0, 2.0 and 3.0 are read",
                     *self.place(bytes(content)))

    def test_files_that_are_not_there_or_no_files_are_refused(self):
        args = self.place(b"")
        (self.folder / "x.npy").unlink()
        self.refused(["x.npy", "No such file"], *args)
        (self.folder / "x.npy").mkdir()
        self.refused("x.npy", *args)

    # ---- .npz

    def test_stored_and_deflated_archives_are_read(self):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            content = files.npz({"other": files.npy((1,), [0]),
                                 "vv": files.npy(SHAPE, RAMP)}, method)
            self.same_as_plain(content, "x.npz", ":vv")

    def test_one_archive_brings_q_k_v(self):
        plain = self.qkv(SHAPE)
        want = self.result("run", *plain, *CAUSAL)
        members = {n: (self.folder / f"{n}.npy").read_bytes() for n in "qkv"}
        self.put("x.npz", files.npz(members))
        self.assertEqual(self.result("run", "--in", "x.npz", *CAUSAL), want)
        del members["k"]
        self.put("x.npz", files.npz(members))
        self.refused("x.npz: no member k; there are: q.npy, v.npy", "run",
                     "--in", "x.npz", *CAUSAL)

    def test_a_member_must_be_named(self):
        content = files.npz({"v": files.npy(SHAPE, RAMP)})
        self.refused("which member? Write", *self.place(content, "x.npz"))
        args = self.place(files.npy(SHAPE, RAMP))
        args[args.index("--v") + 1] = str(self.folder / "x.npy") + ":v"
        self.refused("a .npy file has no members", *args)

    def test_a_colon_in_a_name_is_no_member(self):
        self.same_as_plain(files.npy(SHAPE, RAMP), "x:v")

    def test_damaged_archives_are_refused(self):
        good = files.npz({"v": files.npy(SHAPE, RAMP)}, zipfile.ZIP_STORED)
        at = good.index(files.pack("<f4", RAMP))
        flipped = good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]
        lzma = files.npz({"v": files.npy(SHAPE, RAMP)}, zipfile.ZIP_LZMA)
        for content, words in (
                (flipped, "is damaged"), (good[:-30], "x.npz"),
                (good[:50], "x.npz"), (lzma, "compressed by method 14"),
                (files.npz({"v": b"no npy"}), "not a .npy file"),
                (files.npz({"v": files.npy(SHAPE, RAMP)[:-1]}), "cut short")):
            args = self.place(content, "x.npz")
            args[args.index("--v") + 1] = str(self.folder / "x.npz") + ":v"
            self.refused(words, *args)

    # ---- .safetensors

    def tensors(self, **more):
        return {"a": ("I32", (3,), bytes(12)),
                "v": ("F32", SHAPE, files.pack("<f4", RAMP)), **more}

    def test_safetensors_are_read(self):
        half = {"v": ("F16", SHAPE, files.pack("<f2", RAMP))}
        bf16 = {"v": ("BF16", SHAPE, files.pack("<u2", files.bf16(RAMP)))}
        name = "x.safetensors"
        self.same_as_plain(files.safetensors(self.tensors()), name, ":v")
        self.same_as_plain(files.safetensors(self.tensors(), pad=7), name, ":v")
        self.same_as_plain(files.safetensors(half), name, ":v")
        self.same_as_plain(files.safetensors(bf16), name, ":v")

    def bad_tensors(self, words, content):
        args = self.place(content, "x.safetensors")
        args[args.index("--v") + 1] = str(self.folder / "x.safetensors") + ":v"
        self.refused(["x.safetensors", words], *args)

    def test_safetensors_that_are_not_whole_are_refused(self):
        good = files.safetensors(self.tensors())
        self.bad_tensors("cut short", good[:-1])
        self.bad_tensors("trailing bytes", good + b"x")
        self.bad_tensors("cut short in its header", good[:40])
        self.bad_tensors("cut short: 8 bytes of length", good[:7])
        self.bad_tensors("at most 100000000 are read", b"\xff" * 8 + good[8:])

    def test_malformed_headers_of_safetensors_are_refused(self):
        v = {"dtype": "F32", "shape": list(SHAPE), "data_offsets": [0, 192]}
        values = files.pack("<f4", RAMP)

        def head(**changes):
            text = json.dumps({"v": {**v, **changes}})
            return files.safetensors({}, text=text, values=values)
        self.bad_tensors("no JSON object",
                         files.safetensors({}, text="[1]", values=values))
        self.bad_tensors("no JSON object",
                         files.safetensors({}, text='{"v"', values=values))
        self.bad_tensors("no JSON object",
                         files.safetensors({}, text="{} x", values=b""))
        self.bad_tensors("no tensor v", files.safetensors({}))
        self.bad_tensors("no object", files.safetensors(
            {}, text='{"v": 3}', values=values))
        self.bad_tensors("has no dtype", head(dtype=4))
        self.bad_tensors("dtype F64 is not read", head(
            dtype="F64", shape=[24]))
        self.bad_tensors("of an unknown name", head(dtype="F3"))
        self.bad_tensors("has no shape", head(shape=3))
        self.bad_tensors("malformed shape", head(shape=[2, 6, -4]))
        self.bad_tensors("malformed shape", head(shape=[2, 6, 4.5]))
        self.bad_tensors("too large", head(shape=[2**52, 2**52]))
        self.bad_tensors("do not fit its dtype", head(shape=[2, 6, 5]))
        for offsets in ([0], [0, 192, 3], [192, 0], [-1, 191], ["a", 3], 7):
            self.bad_tensors("data_offsets", head(data_offsets=offsets))
        self.bad_tensors("begins at byte 4", head(data_offsets=[4, 196]))

    def test_tensors_that_overlap_or_come_twice_are_refused(self):
        values = files.pack("<f4", RAMP)
        one = '"v": {"dtype": "F32", "shape": [48], "data_offsets": [0, 192]}'
        two = '"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'
        self.bad_tensors("the one before ends at", files.safetensors(
            {}, text="{" + one + "," + two + "}", values=values))
        more = one.replace("[0, 192]", "[192, 384]")
        self.bad_tensors("is there twice", files.safetensors(
            {}, text="{" + one + "," + more + "}", values=2 * values))


if __name__ == "__main__":
    harness.main()
