/* test_device_text.c: facts of devices as lines of text. */
#include "base/error.h"
#include "draw.h"
#include "model/device_text.h"
#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

enum { ROOM = 2048 };

/* Every member of struct device, by its name. */
static const struct {
    const char *name;
    size_t field;
} numbers[] = {
#define NUMBER(name)                                                           \
    {                                                                          \
#        name, offsetof(struct device, name)                                   \
    }
    NUMBER(compute_units),
    NUMBER(clock_mhz),
    NUMBER(vector_floats),
    NUMBER(group_limit),
    NUMBER(axis_limit),
    NUMBER(local_bytes),
    NUMBER(local_dedicated),
    NUMBER(global_bytes),
    NUMBER(allocation_bytes),
    NUMBER(cache_bytes),
    NUMBER(cache_line_bytes),
    NUMBER(argument_bytes),
    NUMBER(base_align_bytes),
    NUMBER(address_bits),
    NUMBER(unified_memory),
    NUMBER(full_profile),
    NUMBER(little_endian),
    NUMBER(compiler),
    NUMBER(fp16),
    NUMBER(fp64),
    NUMBER(prefetch),
    NUMBER(emulated_fma),
    NUMBER(core_units),
    NUMBER(core_lanes),
    NUMBER(core_registers),
    NUMBER(core_local_bytes),
    NUMBER(core_local_rate),
    NUMBER(core_local_sizes),
    NUMBER(item_registers),
    NUMBER(wave_items),
    NUMBER(sub_groups),
    NUMBER(loop_limit),
    NUMBER(quarantine),
};

static const struct {
    const char *name;
    size_t field;
} texts[] = {
#define TEXT(name)                                                             \
    {                                                                          \
#        name, offsetof(struct device, name)                                   \
    }
    TEXT(name),   TEXT(vendor),   TEXT(version),
    TEXT(driver), TEXT(platform), TEXT(platform_version),
};

static struct device parsed(const char *text)
{
    struct device d;
    ck_assert_msg(orl_device_parse(&d, text) == ORIEL_OK, "%s",
                  oriel_last_error()->message);
    return d;
}

static const char *printed(const struct device *d)
{
    static char text[ROOM];
    ck_assert_uint_eq(orl_device_print(d, text, sizeof text), strlen(text));
    return text;
}

static bool same(const struct device *a, const struct device *b)
{
    bool equal = a->kind == b->kind && a->matrix == b->matrix;
    for (int i = 0; i < COUNT(numbers); i++)
        equal &=
            memcmp((const char *)a + numbers[i].field,
                   (const char *)b + numbers[i].field, sizeof(int64_t)) == 0;
    for (int i = 0; i < COUNT(texts); i++)
        equal &= strcmp((const char *)a + texts[i].field,
                        (const char *)b + texts[i].field) == 0;
    return equal;
}

START_TEST(every_member_is_in_the_lists_of_this_test)
{
    const size_t listed =
        COUNT(texts) * ORL_DEVICE_NAME +
        (COUNT(numbers) + 2) * sizeof(int64_t); /* kind, matrix */
    ck_assert_uint_eq(listed, sizeof(struct device));
}
END_TEST

START_TEST(each_number_has_its_line)
{
    char text[64];
    struct device expected = {.kind = 0};
    const int64_t value = INT64_MAX - _i;
    memcpy((char *)&expected + numbers[_i].field, &value, sizeof value);
    snprintf(text, sizeof text, "%-16s %lld\n", numbers[_i].name,
             (long long)value);
    ck_assert_str_eq(printed(&expected), text);
    const struct device d = parsed(text);
    ck_assert(same(&d, &expected));
}
END_TEST

START_TEST(each_text_has_its_line)
{
    char text[64];
    struct device expected = {.kind = 0};
    strcpy((char *)&expected + texts[_i].field, "Adreno (TM)  750 #1");
    snprintf(text, sizeof text, "%-16s Adreno (TM)  750 #1\n", texts[_i].name);
    ck_assert_str_eq(printed(&expected), text);
    const struct device d = parsed(text);
    ck_assert(same(&d, &expected));
}
END_TEST

START_TEST(kinds_are_words)
{
    ck_assert_int_eq(parsed("kind cpu").kind, DEVICE_CPU);
    ck_assert_int_eq(parsed("kind gpu").kind, DEVICE_GPU);
    ck_assert_int_eq(parsed("kind accelerator").kind, DEVICE_ACCELERATOR);
    const struct device d = {.kind = DEVICE_ACCELERATOR};
    ck_assert_str_eq(printed(&d), "kind             accelerator\n");
}
END_TEST

START_TEST(matrix_units_are_words)
{
    ck_assert_int_eq(parsed("matrix mma").matrix, ENGINE_MMA);
    ck_assert_int_eq(parsed("matrix wmma12").matrix, ENGINE_WMMA12);
    ck_assert_int_eq(parsed("matrix dpas8").matrix, ENGINE_DPAS8);
    const struct device d = {.matrix = ENGINE_MFMA8};
    ck_assert_str_eq(printed(&d), "matrix           mfma8\n");
}
END_TEST

START_TEST(comments_blanks_and_line_ends_do_not_matter)
{
    const struct device d =
        parsed("# from a thread\r\n\r\n  name \t Mali-G610 r0p0 \r\n"
               "   # more\n\nfp16\t1\ncompute_units 4");
    ck_assert_str_eq(d.name, "Mali-G610 r0p0");
    ck_assert_int_eq(d.fp16, 1);
    ck_assert_int_eq(d.compute_units, 4);
    ck_assert_int_eq(d.fp64, 0);
    const struct device nothing = parsed("");
    ck_assert_str_eq(printed(&nothing), "");
}
END_TEST

START_TEST(names_from_drivers_are_cleaned)
{
    struct device d = {.kind = DEVICE_CPU};
    strcpy(d.name, "   Intel(R)\nXeon  ");
    strcpy(d.vendor, " \t ");
    strcpy(d.driver, " 7");
    ck_assert_str_eq(printed(&d), "name             Intel(R) Xeon\n"
                                  "driver           7\n"
                                  "kind             cpu\n");
}
END_TEST

START_TEST(writing_keeps_to_its_room)
{
    const struct device d = {.kind = DEVICE_GPU, .fp16 = 1};
    char text[8] = ".......";
    ck_assert_uint_eq(orl_device_print(&d, text, sizeof text), 40);
    ck_assert_str_eq(text, "kind   ");
    ck_assert_uint_eq(orl_device_print(&d, NULL, 0), 40);
}
END_TEST

/* Any facts, any clean texts. */
static struct device draw_device(uint64_t *seed)
{
    struct device d = {.kind = draw_from(seed, 0, DEVICE_ACCELERATOR),
                       .matrix = draw_from(seed, 0, ORL_ENGINES - 1)};
    for (int i = 0; i < COUNT(numbers); i++) {
        int64_t value = draw_from(seed, 0, INT64_MAX);
        value >>= draw_from(seed, 0, 64) & 63;
        memcpy((char *)&d + numbers[i].field, &value, sizeof value);
    }
    for (int i = 0; i < COUNT(texts); i++) {
        char *text = (char *)&d + texts[i].field;
        const int64_t length = draw_from(seed, 0, ORL_DEVICE_NAME - 1);
        for (int64_t n = 0; n < length; n++)
            text[n] = (char)draw_from(seed, '!', '~');
        if (length > 2)
            text[length / 2] = ' ';
    }
    return d;
}

START_TEST(reading_what_was_written_gives_the_same_device)
{
    uint64_t seed = 11;
    for (int n = 0; n < 1000; n++) {
        const struct device d = draw_device(&seed);
        const struct device again = parsed(printed(&d));
        if (!same(&d, &again))
            ck_abort_msg("%s", printed(&d));
    }
}
END_TEST

static const struct {
    const char *text, *message;
} wrong[] = {
    {"name x\nspeed 5", "line 2: \"speed\" is no fact of a device"},
    {"#\n\nfp16 1\nfp16 1", "line 4: fp16 was given on an earlier line"},
    {"fp16", "line 1: fp16 is \"\"; it must be a whole number from 0"},
    {"fp16 yes", "line 1: fp16 is \"yes\"; it must be a whole number from 0"},
    {"fp16 -1", "line 1: fp16 is \"-1\"; it must be a whole number from 0"},
    {"fp16 1 2", "line 1: fp16 is \"1 2\"; it must be a whole number from 0"},
    {"clock_mhz 1.5",
     "line 1: clock_mhz is \"1.5\"; it must be a whole number from 0"},
    {"clock_mhz 9223372036854775808",
     "line 1: clock_mhz is \"9223372036854775808\"; it must be a whole number "
     "from 0"},
    {"kind fpga",
     "line 1: kind is \"fpga\"; it must be cpu, gpu or accelerator"},
    {"fpga 1", "line 1: \"fpga\" is no fact of a device"},
    {"kind a\x1b"
     "b",
     "line 1: kind is \"a?b\"; it must be cpu, gpu or "
     "accelerator"},
    {"kind 123456789 123456789 123456789 123456789 123456789 123456789",
     "line 1: kind is \"123456789 123456789 123456789 123456789 1234567\"; it "
     "must be cpu, gpu or accelerator"},
    {"matrix tpu", "line 1: matrix is \"tpu\"; it must be one of mma mma8 "
                   "wmma11 wmma12 mfma mfma8 dpas16 dpas8"},
    {"kind 2", "line 1: kind is \"2\"; it must be cpu, gpu or accelerator"},
    {"name", "line 1: name is \"\"; it must be a text of 1 to 127 bytes"},
    {"kind\nname x",
     "line 1: kind is \"\"; it must be cpu, gpu or accelerator"},
};

START_TEST(a_wrong_line_is_shown_with_its_number)
{
    struct device d = {.kind = 42};
    ck_assert_int_eq(orl_device_parse(&d, wrong[_i].text), ORIEL_E_ARGUMENT);
    ck_assert_str_eq(oriel_last_error()->message, wrong[_i].message);
    ck_assert_int_eq(d.kind, 42);
}
END_TEST

START_TEST(a_name_may_fill_its_room_and_no_more)
{
    char text[ROOM] = "name ";
    memset(text + 5, 'x', ORL_DEVICE_NAME - 1);
    ck_assert_uint_eq(strlen(parsed(text).name), ORL_DEVICE_NAME - 1);
    text[5 + ORL_DEVICE_NAME - 1] = 'x';
    struct device d;
    ck_assert_int_eq(orl_device_parse(&d, text), ORIEL_E_ARGUMENT);
}
END_TEST

START_TEST(damaged_texts_are_refused_or_stable)
{
    uint64_t seed = (uint64_t)_i + 1;
    int kept = 0, refused = 0, wrong_ones = 0;
    for (int n = 0; n < 1500; n++) {
        const struct device whole = draw_device(&seed);
        char text[ROOM];
        strcpy(text, printed(&whole));
        draw_damage(&seed, text, sizeof text);
        struct device d;
        if (orl_device_parse(&d, text) != ORIEL_OK) {
            const char *message = oriel_last_error()->message;
            wrong_ones += *message == 0 || strchr(message, '\n');
            refused++;
            continue;
        }
        kept++;
        strcpy(text, printed(&d));
        const struct device again = parsed(text);
        wrong_ones += strcmp(printed(&again), text) != 0;
    }
    ck_assert_int_eq(wrong_ones, 0);
    ck_assert_int_gt(kept, 200);
    ck_assert_int_gt(refused, 200);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("device_text");
    tcase_add_test(tc, every_member_is_in_the_lists_of_this_test);
    tcase_add_loop_test(tc, each_number_has_its_line, 0, COUNT(numbers));
    tcase_add_loop_test(tc, each_text_has_its_line, 0, COUNT(texts));
    tcase_add_test(tc, kinds_are_words);
    tcase_add_test(tc, matrix_units_are_words);
    tcase_add_test(tc, comments_blanks_and_line_ends_do_not_matter);
    tcase_add_test(tc, names_from_drivers_are_cleaned);
    tcase_add_test(tc, writing_keeps_to_its_room);
    tcase_add_test(tc, reading_what_was_written_gives_the_same_device);
    tcase_add_loop_test(tc, a_wrong_line_is_shown_with_its_number, 0,
                        COUNT(wrong));
    tcase_add_test(tc, a_name_may_fill_its_room_and_no_more);
    tcase_add_loop_test(tc, damaged_texts_are_refused_or_stable, 0, 3);
    return suite_run(tc, "model/device_text");
}
