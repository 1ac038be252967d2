"""Mutants of kernels/matrix.cl, as mutants.py takes them: each with the plans of
test_matrix.c that tell it soonest."""
LAYOUT = ["layout"]
MMA, WMMA11, WMMA12 = ["matrix 0 0"], ["matrix 1 1"], ["matrix 2 2"]
MFMA, DPAS16, DPAS8 = ["matrix 3 3"], ["matrix 4 4"], ["matrix 5 5"]
SINGLE, MIXED, BRAIN = ["matrix 6 6"], ["matrix 19 19"], ["matrix 7 7"]
PACKED, PACKED11, ODD = ["matrix 13 13"], ["matrix 14 14"], ["matrix 23 23"]
TURNS, TURNS_HALF = ["matrix 26 26"], ["matrix 27 27"]
KEPT, KEPT_PACKED = ["matrix 29 29"], ["matrix 30 30"]
FILE, OPERAND, ENGINE, PLACE, OUTLIER, BRING, COPIES = (
    "matrix.cl", "lib/operand.clh", "lib/engine.clh", "lib/layout.clh",
    "lib/outlier.clh", "lib/bring.clh", "lib/copies.clh")

MATRIX_MUTANTS = [
    # layouts
    ("registers 1 and 2 of mma's A change places", LAYOUT, PLACE,
     "lane / 4 + 8 * (r % 2)", "lane / 4 + 8 * (r / 2)"),
    ("gfx12 has the rows of gfx11", LAYOUT, PLACE,
     "(8 * (h) + (e))", "(2 * (e) + (h))"),
    ("B of DPAS is packed k, k + 8", LAYOUT, PLACE,
     "(void)lane;\n    return 2 * r;", "(void)lane;\n    return r;"),
    ("weights of gfx11 keep their order", WMMA11, PLACE,
     "slot < 8 ? 2 * slot : 2 * slot - 15", "slot"),
    ("weights of DPAS8 keep their order", DPAS8, PLACE,
     "slot / 2 + 8 * (slot % 2)", "slot"),
    ("lanes 16 to 31 hold no copy", WMMA11, ENGINE,
     "w.lane < 16 ? other : own", "w.lane < 16 ? other : 0"),
    ("a peak is that of some lanes", MMA, ENGINE,
     "x = fmax(x, exchange(w, x, bit));",
     "x = bit > 1 ? x : fmax(x, exchange(w, x, bit));"),
    ("a mass is that of some lanes", MFMA, ENGINE,
     "x += exchange(w, x, bit);", "x += bit > 16 ? x : exchange(w, x, bit);"),
    # memory
    ("matrices of keys are transposed", MMA, OPERAND,
     "w.lane % 8 + w.lane / 16 * 8, column = w.lane / 8 % 2 * 8",
     "w.lane % 16, column = w.lane / 16 * 8"),
    ("hidden keys are read", DPAS16, BRING,
     "clamp(j + row, b->seen.begin, b->seen.end - 1)", "j + row"),
    ("hidden values are read", DPAS16, BRING,
     "    key = clamp(key, b->seen.begin, b->seen.end - 1);\n", ""),
    ("rows that are not there are read", WMMA12, OPERAND,
     "clamp(row_query(b, mine), b->queries.begin, b->queries.end - 1)",
     "row_query(b, mine)"),
    # copies that go on while tiles are computed with; a barrier less is no race
    # here, since each verb of the emulation has some
    ("nobody waits for copies", MMA, BRING, "    wait_copies(sent);\n", ""),
    ("the next tile overwrites this one", MMA, BRING,
     "&s->tile[(n + 1) % 2]", "&s->tile[n % 2]"),
    ("every tile is the first", MMA, BRING, "&s->tile[n % 2]", "&s->tile[0]"),
    ("the last tile is not sent for", MMA, BRING,
     "if (j + KEY_TILE < kept.seen.end)",
     "if (j + 2 * KEY_TILE < kept.seen.end)"),
    ("values leak that were copied", MMA, BRING,
     "    if (cut)\n        leave_outliers_out(t, tile);\n"
     "    barrier(CLK_LOCAL_MEM_FENCE);\n    struct block",
     "    barrier(CLK_LOCAL_MEM_FENCE);\n    struct block"),
    ("copies go past the end of a row", PACKED, COPIES,
     "clamp(dim - c, 0, RAW)", "RAW"),
    ("values overwrite keys that nobody has read", TURNS, BRING,
     "    if (!TURNS)\n        stage_values", "    stage_values"),
    ("values stay away", TURNS_HALF, BRING,
     "    barrier(CLK_LOCAL_MEM_FENCE); /* keys: read */\n"
     "    stage_values(t, sent, tile, v, b, j, cut, call);\n", ""),
    ("rows that do not see it get an outlier", MMA, OUTLIER,
     "sees[r] = row_sees(b, row, key);", "sees[r] = 1;"),
    ("no block is kept", KEPT, OPERAND, "s->block = *b;", "(void)s, (void)b;"),
    ("a block that is kept has other rows", KEPT_PACKED, OPERAND,
     "*kept = s->block;",
     "*kept = s->block, kept->queries.begin += GROUP_PACK - 1;"),
    ("no barrier after the block is kept", ["race matrix 30"], FILE,
     "if (STAGES == 2 || KEEPS)", "if (STAGES == 2)"),
    ("no barrier before blocks that are kept are read", ["race matrix 29"],
     FILE, "if (STAGES == 2 || KEEPS)", "if (0)"),
    ("rows that are brought together overlap", MMA, BRING,
     "n * (GROUP / parts)", "n"),
    # past the end of a row one factor of 0 is enough if the other is finite
    ("queries are read past the end of a row", ODD, OPERAND,
     "low | (c + 1 < HEAD_DIM ? (uint)row[c + 1] << 16 : 0)",
     "low | (uint)row[c + 1] << 16"),
    ("parts past the end of a row are NaN", ODD, "lib/raw_tmpl.clh",
     "row[c + e] : (elem)0", "row[c + e] : (elem)0x7e00"),
    ("a last part takes what its row lacks", ODD, "lib/raw_tmpl.clh",
     "e < DIM % RAW ? row[c + e]", "e < RAW ? row[c + e]"),
    ("values across halves change places", WMMA12, BRING,
     "to[0] = even.s0;\n    to[VALUE_PITCH / 2] = odd.s0;",
     "to[0] = odd.s0;\n    to[VALUE_PITCH / 2] = even.s0;"),
    # arithmetic
    ("small weights are lost", MMA, FILE,
     "V_TYPE == F16 ? 12.0f : 0.0f", "0.0f"),
    ("lse counts the lift", MMA, FILE, "mass * exp2(-LIFT)", "mass"),
    ("sums are not rescaled", MMA, FILE,
     "FMA(*all, shrink[u][e / STAT_SUMS],", "FMA(*all, 1.0f,"),
    ("mass forgets earlier tiles", MFMA, FILE,
     "FMA(me->mass[u][r], shrink[r], mass[r])", "mass[r]"),
    ("the second product of rows is the first", PACKED, FILE,
     "me->row + u * TILE_ROWS, call);", "me->row, call);"),
    ("a tile that is cut is not hidden", WMMA12, FILE,
     "if (cut)\n            hide_keys", "if (0)\n            hide_keys"),
    ("values that are not finite leak", MMA, BRING,
     "*outliers |= any(is_outlier(x));\n"
     "    return as_uint4(select(x, (RAWS)(0), is_outlier(x)));",
     "return as_uint4(x);"),
    ("values that are not finite get lost", DPAS16, FILE,
     "if (cut && tile->outliers)", "if (0)"),
    ("the outliers of another slot", DPAS8, OUTLIER,
     "add_outlier(me, tile, &kept, key, slot % ROW_SLOTS);",
     "add_outlier(me, tile, &kept, key, 0);"),
    ("bf16 takes infinity for a number", BRAIN, BRING,
     "V_TYPE == F16 ? 0x7c00 : 0x7f80", "V_TYPE == F16 ? 0x7c00 : 0x7fc0"),
    ("v is multiplied as k is stored", MIXED, ENGINE,
     "multiply_value_type(w, sum->at", "multiply_key_type(w, sum->at"),
    ("the score of one key is not its own peak", SINGLE, FILE,
     "#if SOFTCAP || V_TYPE == F32", "#if SOFTCAP"),
    ("heads share the wrong keys", PACKED11, FILE,
     "layout_at(call.k, entry, head / call.group)",
     "layout_at(call.k, entry, head % call.group)"),
]
