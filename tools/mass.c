/* mass.c: how much of the attention of each head lies inside a window.
 *
 *     mass WINDOW.npy FULL.npy [FIRST_ROW]
 *
 * Both files hold what `oriel run --lse` wrote for the same q and k, the second
 * for a window that contains the first. A row's weights sum to exp(lse), so
 * exp(lse of the window - lse of the full one) is the share that the window
 * holds; printed is its mean over the rows from FIRST_ROW on. */
#include "base/file.h"
#include "oriel/npy.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { BAR = 40 };

static void need(bool holds, const char *path, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "mass: %s: %s\n", path, what);
    exit(2);
}

static struct array read_lse(const char *path)
{
    struct array a = {0};
    void *bytes;
    size_t size;
    const bool read = orl_file_read(path, &bytes, &size) == ORIEL_OK &&
                      npy_parse(&a, path, bytes, size) == ORIEL_OK;
    need(read, path, oriel_last_error()->message);
    need(a.type == ARRAY_F4, path, "lse must be f4");
    return a;
}

static bool is_same_shape(const struct array *a, const struct array *b)
{
    bool same = a->rank == b->rank;
    for (int axis = 0; axis < a->rank && same; axis++)
        same = a->shape[axis] == b->shape[axis];
    return same;
}

/* Of rows [first, rows) of one head. A row that sees nothing has no share. */
static double mean_share(const float *window, const float *full, int64_t first,
                         int64_t rows)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = first; i < rows; i++)
        if (isfinite(full[i])) {
            sum += exp((double)window[i] - full[i]);
            count++;
        }
    return count > 0 ? sum / (double)count : NAN;
}

static int64_t read_row(const char *text, int64_t rows)
{
    char *end;
    errno = 0;
    const long long row = strtoll(text, &end, 10);
    need(errno == 0 && end != text && *end == 0 && row >= 0 && row < rows, text,
         "the first row must be a row of the files");
    return row;
}

int main(int count, char **argument)
{
    if (count < 3 || count > 4) {
        fprintf(stderr, "usage: mass WINDOW.npy FULL.npy [FIRST_ROW]\n");
        return 2;
    }
    struct array window = read_lse(argument[1]);
    struct array full = read_lse(argument[2]);
    need(is_same_shape(&window, &full), argument[2],
         "its shape is not that of the window's file");
    const int64_t rows = full.shape[full.rank - 1];
    const int64_t first = count == 4 ? read_row(argument[3], rows) : 0;

    const float *w = window.values, *f = full.values;
    for (int64_t head = 0; head < (int64_t)full.count / rows; head++) {
        const double share =
            mean_share(w + head * rows, f + head * rows, first, rows);
        printf("  head %2lld  %5.1f %%  ", (long long)head, 100 * share);
        for (int n = 0; n < BAR; n++)
            putchar(share * BAR > n + 0.5 ? '#' : '.');
        putchar('\n');
    }
    array_free(&window);
    array_free(&full);
    return 0;
}
