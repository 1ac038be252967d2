#!/usr/bin/env python3
"""Plants each fault that check_rules.py looks for, in a small tree of its own.

usage: test_rules.py
"""
import pathlib
import tempfile
import unittest

import check_rules

TREE = {
    "meson.build": "project('x', 'c', version: '1.2.3',\n    license: 'x')\n",
    "include/oriel/types.h": "/* types.h: types. */\n"
                             "#define ORIEL_VERSION_MAJOR 1\n"
                             "#define ORIEL_VERSION_MINOR 2\n"
                             "#define ORIEL_VERSION_PATCH 3\n",
    "src/meson.build": "modules = ['model/x', 'cl/y']\n",
    "src/model/x.h": "/* x.h: x. */\n#ifndef ORL_MODEL_X_H\n"
                     "#define ORL_MODEL_X_H\n#endif\n",
    "src/model/x.c": '/* x.c: x. */\n#include "model/x.h"\n\n'
                     '#include "base/b.h"\n\n#include <stdio.h>\n',
    "src/cl/y.c": "/* y.c: y. */\n#include <CL/cl.h>\n"
                  '#include "model/x.h"\n',
    "kernels/k.cl": '/* k.cl: k. */\n#include "lib/l.clh"\n',
    "kernels/lib/l.clh": "/* l.clh: l. */\n",
    "tests/unit/test_x.c": "/* test_x.c: tests of x. */\n",
}

# A file, what is put at its end or instead of it, and the complaint.
APPENDED = [
    ("src/model/x.c", '#include "plan/p.h"\n', "must not include plan/"),
    ("src/model/x.c", '#include "x.h"\n', 'write "layer/file.h"'),
    ("src/model/x.c", "#include <CL/cl.h>\n", "must not know OpenCL"),
    ("src/model/x.c", "#include <oriel/oriel.h>\n", "must not know OpenCL"),
    ("src/model/x.c", "int f(void)\n{\n#if 1\n#endif\n}\n",
     "x.c:9: #if inside a function"),
    ("src/model/x.c", "int f(void)\n{\n    if (1) {\n#ifdef A\n#endif\n    }\n}\n",
     "x.c:10: #if inside a function"),
    ("src/model/x.c", "int a; \n", "a blank at the end"),
    ("src/model/x.c", "\tint a;\n", "a tab"),
    ("src/model/x.c", "\n", "with an empty line"),
    ("src/model/x.c", "/* TO" "DO: more */\n", "must not stand here"),
    ("tests/unit/test_x.c", '"/wo' 'rk/main"\n', "must not stand here"),
    ("src/model/x.c", "int a;\n" * 400, "the limit is 400"),
    ("kernels/k.cl", '#include "l.clh"\n', 'write "lib/file.clh"'),
    ("kernels/k.cl", '#include "lib/m.clh"\n', "there is no lib/m.clh"),
    ("kernels/k.cl", "int f(int channel);\n", "k.cl:3: a keyword"),
    ("kernels/k.cl", "kernel void k(void)\n{\n#if A\n#endif\n}\n",
     "k.cl:5: #if inside a function"),
]
REPLACED = [
    ("src/model/x.c", '/* x.c: x. */\n#include "base/b.h"\n'
     '#include "model/x.h"\n', 'include "model/x.h" first'),
    ("src/model/x.c", "/* y.c: x. */\n#include \"model/x.h\"\n",
     "begin with /* x.c"),
    ("src/model/x.h", "/* x.h: x. */\n#ifndef X_H\n#endif\n",
     "guard it by ORL_MODEL_X_H"),
    ("src/meson.build", "modules = ['cl/y']\n", "model/x is not listed"),
    ("meson.build", "project('x', 'c', version: '1.2.4',\n)\n",
     "not that of types.h, 1.2.3"),
]
HARMLESS = [
    ("src/model/x.c", "#if 1\nint f(void)\n{\n    return 0;\n}\n#endif\n"),
    ("src/model/x.c", "struct s {\n#if 1\n    int a;\n#endif\n};\n"),
    ("src/model/x.c", 'const char *s = "{ ) {";\n#if 1\n#endif\n'),
    ("src/model/x.c", "#define M(x) \\\n    if (x) {\n#if 1\n#endif\n"),
]


class Rules(unittest.TestCase):
    def faults(self, change=None, missing=None):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for name, text in {**TREE, **(change or {})}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if name != missing:
                    path.write_text(text)
            return list(check_rules.faults(root))

    def expect(self, complaint, **how):
        found = self.faults(**how)
        self.assertEqual(len(found), 1, found)
        self.assertIn(complaint, found[0])

    def test_a_tidy_tree_has_no_faults(self):
        self.assertEqual(self.faults(), [])

    def test_each_planted_fault_is_found(self):
        for name, text, complaint in APPENDED:
            with self.subTest(complaint=complaint, text=text[:40]):
                self.expect(complaint, change={name: TREE[name] + text})
        for name, text, complaint in REPLACED:
            with self.subTest(complaint=complaint, text=text[:40]):
                self.expect(complaint, change={name: text})

    def test_a_module_without_a_test_is_found(self):
        self.expect("test_x.c: missing", missing="tests/unit/test_x.c")

    def test_conditions_outside_of_functions_are_fine(self):
        for name, text in HARMLESS:
            with self.subTest(text=text):
                self.assertEqual(
                    self.faults(change={name: TREE[name] + text}), [])


if __name__ == "__main__":
    unittest.main()
