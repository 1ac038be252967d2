"""Mutants of kernels/segment.cl, and of the form of decode.cl whose rows are
lanes, as mutants.py takes them."""
ROWS = ["decode 24 27"]
FEW = ["segment 2 5"]
STEPS, ADD = "lib/absorb_rows.clh", "lib/add_tmpl.clh"
FILE, STATE = "segment.cl", "lib/segment.clh"

ROW_LANES_MUTANTS = [
    ("a lane sees a key too many", ROWS, STEPS,
     "last.row[r] = seen[r].end - 1;", "last.row[r] = seen[r].end;"),
    ("a tile that is cut is taken for whole by lanes", ROWS, STEPS,
     "j < t.all.begin || j + QK_KEYS > t.all.end", "0"),
    ("keys that a step lacks are read", ROWS, STEPS,
     "i < left ? k_skip(row[i - 1], 1) : row[i - 1]", "k_skip(row[i - 1], 1)"),
    ("channels past whole steps are forgotten", ["decode 26 26"], STEPS,
     "for (int c = QK_STEPS * STEP_CHANNELS; c < HEAD_DIM; c++)",
     "for (int c = HEAD_DIM; c < HEAD_DIM; c++)"),
    ("lanes forget the mass of earlier tiles", ROWS, STEPS,
     "FMA(s->mass.vec[n], shrink->vec[n], mass)", "mass"),
    ("the rest of the channels is not added", ROWS, STEPS,
     "if (REST_VECS == 0)", "if (1)"),
    ("sums of lanes are not rescaled", ROWS, ADD,
     "(vf)(shrink->row[r0 + r])", "(vf)(1.0f)"),
    ("a rest takes weights of other rows", ROWS, ADD,
     "weight->row[keys.begin] + r0", "weight->row[keys.begin]"),
]

SEGMENT_MUTANTS = [
    ("no keys of a segment are some", FEW, STATE,
     "first < end ? some : none", "some"),
    ("every segment is the first one", FEW, STATE,
     "p.segment = number % segments;", "p.segment = 0;"),
    ("the edges of a window are added whole", FEW, STATE,
     "p.cut = first.end < p.any.end || last.begin > p.any.begin;",
     "p.cut = 0;"),
    ("a row takes the scores of its neighbour", FEW, FILE,
     "local float *at = s->late.weight_at + row;",
     "local float *at = s->late.weight_at + (row + 1) % ROWS;"),
    ("the peak of one work-item is that of its row", FEW, FILE,
     "peak = LARGER(s->early.row[row * ROW_ITEMS + n], peak);", ";"),
    ("the mass of one work-item is that of its row", FEW, FILE,
     "mass += s->early.row[t + n];", ";"),
    ("keys past the last one that is seen count", FEW, FILE,
     "key >= part->any.begin && key < part->any.end", "1"),
    ("sums of other keys are left out", FEW, FILE,
     "for (int step = 1; step < KEY_STEP; step++)",
     "for (int step = 1; step < 1; step++)"),
    ("a merge forgets the last segment", FEW, FILE,
     "n < call.segments; n++", "n < call.segments - 1; n++"),
    ("a last part of 4 channels stores them all", ["segment 9 9"], FILE,
     "fresh > 0 && fresh <= 2", "fresh > 3"),
    ("rows past the end are stored", FEW, FILE,
     "if (row < ROWS && i < call->queries)", "if (row < ROWS)"),
]
