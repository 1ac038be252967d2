"""Every option, and every way to get one wrong: cheap, for all of it is refused
before a device is looked for."""
import os
import re
import subprocess

import harness

COMMANDS = ["devices", "run", "explain", "bench", "selftest"]
RUN = ("run", "h1 q8 d8 w1,0")


class Options(harness.Cli):
    def test_help_lists_what_there_is(self):
        out = self.oriel("--help").out
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", out)
        self.assertNotIn("tune", out)

    def test_help_of_a_command_lists_its_options_and_no_later_ones(self):
        later = ["row-begin", "row-end", "sinks", "alibi", "bias", "html",
                 "report"]
        for command in COMMANDS:
            listed = re.findall(r"^  --(\S+)",
                                self.oriel(command, "--help").out, re.M)
            self.assertIn("json", listed)
            self.assertIn("device", listed)
            self.assertFalse(set(listed) & set(later))

    def test_help_of_run_lists_the_whole_manual(self):
        listed = re.findall(r"^  --(\S+)", self.oriel("run", "--help").out,
                            re.M)
        self.assertEqual(set(listed), set(
            "q k v in layout window causal align origin scale softcap type "
            "k-type v-type out-type key-begin key-end out lse check expect "
            "tolerance reference plan repeat timing seed device json help".split()))

    def test_the_version_is_printed(self):
        self.assertRegex(self.oriel("--version").out, r"\Aoriel \d+\.\d+\.\d+")

    def test_a_missing_or_unknown_command_is_refused(self):
        done = self.oriel(status=2)
        self.assertIn("a command is missing", done.err)
        self.refused('unknown command "fly"', "fly")

    def test_a_command_of_a_later_version_is_refused_by_name(self):
        self.refused("tune belongs to a later version", "tune")

    def test_options_of_later_versions_are_refused_by_name(self):
        for option in ("row-begin", "row-end", "sinks", "alibi", "bias"):
            self.refused(f"--{option} belongs to a later version", *RUN,
                         f"--{option}", "x.npy")
        self.refused("--html belongs to a later version", "selftest",
                     "--html=x")

    def test_unknown_options_are_refused(self):
        for command in COMMANDS:
            self.refused("unknown option --fast", command, "--fast")
        self.refused("unknown option -x", *RUN, "-x")

    def test_an_option_comes_once_and_with_its_value(self):
        self.refused("--seed is given twice", *RUN, "--seed", 1, "--seed=2")
        self.refused("--check takes no value", *RUN, "--check=yes")
        done = self.oriel(*RUN, "--seed", status=2)
        self.assertIn("--seed needs a value: --seed N", done.err)
        self.refused("--out needs a value", *RUN, "--out=")

    def test_words_where_none_belong_are_refused(self):
        self.refused("takes options only", "devices", "all")
        self.refused("takes options only", "selftest", "row")
        self.refused('between quotes: oriel run "h1 q8', "run", "h1", "q8")
        self.refused("a PROBLEM is missing", "explain")

    def test_two_dashes_end_the_options(self):
        done = self.oriel("run", "--json", "--", "--check", status=2)
        self.assertIn('"--check" at column 1', done.err)

    def test_a_problem_goes_with_no_option_that_it_says_itself(self):
        for option, value in (
                ("layout", "bhsd"), ("window", "1,0"), ("align", "end"),
                ("origin", "0,0"), ("scale", "1"), ("softcap", "1"),
                ("type", "f32"), ("k-type", "f16"), ("v-type", "f16"),
                ("out-type", "f32")):
            self.refused([f"--{option} is for files", "word such as"], *RUN,
                         f"--{option}", value)
        self.refused("--causal is for files", *RUN, "--causal")
        for option in ("in", "q", "k", "v"):
            self.refused(f"with --{option} leave it out", *RUN, f"--{option}",
                         "x.npy")

    def test_a_malformed_problem_shows_word_and_column(self):
        for text, words in (
                ("h1 q8 d8 w1,0 fast", ['"fast"', "15"]),
                ("h1 q8 q9 d8 w1,0", ["q9", "7"]),
                ("h1 q8 d8 w1,0 cap0", ["cap0", "15"]),
                ("h1 q8 d8 w1,0 cap-1", ["cap-1", "15"]),
                ("h1 q8 d8 w1,0 capinf", ["capinf", "15"]),
                ("h1 q8 d8 w1,0 capnan", ["capnan", "15"]),
                ("h1 q8 d8 w1,0 scale0", ["scale0", "15"]),
                ("h1 q8 d8 w1,0 scalenan", ["scalenan", "15"]),
                ("h1 q8 d8 w1,0 scaleinf", ["scaleinf", "15"]),
                ("h1 q8 d8 w1,0 sinks", ["sinks"]),
                ("h3/2 q8 d8 w1,0", ["heads"]),
                ("h1 q8 d8 w-3,1", ["left"]),
                ("h1 q0 d8 w1,0", ["q"]),
                ("h1 q8 d0 w1,0", ["d"]),
                ("h1 q8 d8", ["w"]),
                ("q8 d8 w1,0", ["h"])):
            self.refused(words, "run", text)
            self.refused(words, "explain", text)

    def test_numbers_out_of_range_are_refused(self):
        files = self.qkv()
        for option in ("scale", "softcap"):
            for value in ("0", "-1", "inf", "nan", "x", "1,5", "1e-50"):
                self.refused(f"--{option} {value}", "run", *files, "--causal",
                             f"--{option}", value)
        for value in ("0", "-1", "x", "1.5", "99999999"):
            self.refused("--repeat " + value, *RUN, "--repeat", value)
        for value in ("-1", "x", "99999999999999999999"):
            self.refused("--seed " + value, *RUN, "--seed", value)
        self.refused("--row 8", "explain", RUN[1], "--row", 8)
        self.refused("--row -1", "explain", RUN[1], "--row", -1)

    def test_malformed_windows_are_refused(self):
        files = self.qkv()
        for value in ("3", "3,", ",3", "a,b", "inf", "3,4,5", "1.5,0", "3, 4"):
            self.refused("--window " + value, "run", *files, "--window", value)
        self.refused("left", "run", *files, "--window", "-3,1")
        self.refused("left", "run", *files, "--window", "-3,5", "--causal")
        self.refused("--window L,R", "run", *files)

    def test_malformed_positions_are_refused(self):
        files = [*self.qkv(), "--causal"]
        for value in ("middle", "end+", "endx", "end 3", "start3"):
            self.refused("--align " + value, "run", *files, "--align", value)
        for value in ("1", "inf,0", "1,b", "1,2,3"):
            self.refused("--origin " + value, "run", *files, "--origin", value)
        self.refused("exclude each other", "run", *files, "--align", "end",
                     "--origin", "0,0")
        self.refused("origin", "run", *files, "--origin", "2000000000,0")

    def test_unknown_types_and_layouts_are_refused(self):
        files = [*self.qkv(), "--causal"]
        for option in ("type", "k-type", "v-type", "out-type"):
            self.refused(f"--{option} f64: f32, f16 or bf16", "run", *files,
                         f"--{option}", "f64")
        self.refused("--layout sbhd: bhsd or bshd", "run", *files, "--layout",
                     "sbhd")

    def test_options_that_need_another_are_refused_alone(self):
        self.refused("--tolerance belongs to --expect", *RUN, "--tolerance", 1)
        self.refused("--reference belongs to --check", *RUN, "--reference")
        self.refused("--k F is missing", "run", *self.qkv()[:2], "--causal")
        self.refused("--in and --q exclude each other", "run", *self.qkv(),
                     "--in", "x.npz", "--causal")

    def test_outputs_that_cannot_be_are_refused_before_the_work(self):
        # A size that would be refused later shows what is asked first.
        huge = ("run", "h1 q900000000 d512 w1,0")
        self.refused(["--out", "No such file"], *huge, "--out", "no/where.npy")
        self.refused(["--lse", "No such file"], *huge, "--lse", "no/where.npy")
        self.refused("one .npy file, not a .npz", *huge, "--out", "x.npz")
        self.refused("name the same file", *huge, "--out", "x.npy", "--lse",
                     "x.npy")

    def test_a_full_standard_output_is_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "wb") as full:
            done = harness.call(["--help"], stdout=full)
        self.assertEqual(done.status, 2)
        self.assertIn("standard output", done.err)

    def test_a_closed_pipe_ends_it_quietly(self):
        done = subprocess.run(f'"{harness.EXE}" run --help | head -n 1',
                              shell=True, capture_output=True, text=True,
                              check=True)
        self.assertIn("usage", done.stdout)


if __name__ == "__main__":
    harness.main()
