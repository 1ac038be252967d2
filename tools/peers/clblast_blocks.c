/* clblast_blocks.c: the peer on the same OpenCL device: blocks of queries, the
 * matrix products of CLBlast over the keys that one of their rows sees, and a
 * softmax kernel between them. Blocks whose keys are all there go to the device
 * as one batch.
 *
 * The length of a block is the fastest of those tried on this problem. */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"

#include "base/arith.h"
#include "base/error.h"
#include "cl/check.h"
#include "oriel/device_pick.h"
#include "peers/soften.h"

#include <clblast_c.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t lengths[] = {32, 64, 128, 256};
enum { LENGTHS = sizeof lengths / sizeof lengths[0], TUNING_ROWS = 1024 };

/* Floats of scores of a batch, and products of one multiplication: from 2^30 on
 * the batched form of CLBlast 1.5.3 ignores the offset of its second matrix. */
static const int64_t score_most = INT64_C(8) << 20;
static const int64_t batched_most = INT64_C(1) << 30;

enum { Q, K, V, SCORE, OUT, BUFFERS };

struct blocks {
    const struct call *call;
    int64_t length;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem buffer[BUFFERS];
};

/* count blocks of as many rows; block n sees keys [begin + n rows, + span). */
struct batch {
    int64_t first, rows, count, begin, span, pitch;
};

static struct batch batch_of(const struct blocks *b, int64_t first)
{
    const struct window *w = &b->call->window;
    const int64_t rows = orl_min(b->length, w->queries - first);
    const struct span any = orl_window_any(w, first, rows);
    const int64_t span = orl_max(any.end - any.begin, 0);
    const int64_t pitch = orl_ceil_div(span, 16) * 16;
    return (struct batch) {first, rows, 1, any.begin, span, pitch};
}

/* From row first on as many equal blocks as fit. */
static struct batch next_batch(const struct blocks *b, int64_t first,
                               int64_t end)
{
    const struct problem *p = &b->call->problem;
    struct batch all = batch_of(b, first);
    const int64_t dims = orl_max(p->q.channels, p->v.channels);
    const int64_t low = all.begin - first - b->call->window.lo;
    if (all.rows * all.span * dims >= batched_most)
        return all;
    while ((all.count + 1) * all.rows * all.pitch <= score_most) {
        const int64_t next = first + all.count * all.rows;
        if (next >= end)
            break;
        const struct batch one = batch_of(b, next);
        if (one.rows != all.rows || one.span != all.span ||
            one.begin - next - b->call->window.lo != low)
            break;
        all.count++;
    }
    return all;
}

/* One matrix for each block: where the first begins, its pitch, and how far it
 * is to that of the next block. */
struct operand {
    int which;
    int64_t at, pitch, step;
};

static oriel_status multiply(struct blocks *b, int64_t count,
                             CLBlastTranspose transpose, const int64_t size[3],
                             float factor, const struct operand of[3])
{
    const size_t m = (size_t)size[0], n = (size_t)size[1], k = (size_t)size[2];
    size_t at[3], pitch[3], step[3];
    cl_mem in[3];
    for (int i = 0; i < 3; i++) {
        at[i] = (size_t)of[i].at;
        pitch[i] = (size_t)of[i].pitch;
        step[i] = (size_t)of[i].step;
        in[i] = b->buffer[of[i].which];
    }
    const CLBlastStatusCode code =
        count > 1 ? CLBlastSgemmStridedBatched(
                        CLBlastLayoutRowMajor, CLBlastTransposeNo, transpose, m,
                        n, k, factor, in[0], at[0], pitch[0], step[0], in[1],
                        at[1], pitch[1], step[1], 0, in[2], at[2], pitch[2],
                        step[2], (size_t)count, &b->queue, NULL)
                  : CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo,
                                 transpose, m, n, k, factor, in[0], at[0],
                                 pitch[0], in[1], at[1], pitch[1], 0, in[2],
                                 at[2], pitch[2], &b->queue, NULL);
    return code == CLBlastSuccess
               ? ORIEL_OK
               : orl_fail(ORIEL_E_OPENCL, "CLBlast failed with %d", (int)code);
}

static oriel_status soften(struct blocks *b, const struct batch *t)
{
    const struct window *w = &b->call->window;
    const cl_int number[] = {
        (cl_int)t->pitch, (cl_int)t->span, (cl_int)t->rows, (cl_int)t->first,
        (cl_int)t->begin, (cl_int)w->lo,   (cl_int)w->hi,   (cl_int)w->keys};
    ORL_TRY_CL(clSetKernelArg(b->kernel, 0, sizeof(cl_mem), &b->buffer[SCORE]));
    for (cl_uint n = 0; n < sizeof number / sizeof number[0]; n++)
        ORL_TRY_CL(
            clSetKernelArg(b->kernel, n + 1, sizeof number[n], &number[n]));
    const size_t rows = (size_t)(t->rows * t->count);
    ORL_TRY_CL(clEnqueueNDRangeKernel(b->queue, b->kernel, 1, NULL, &rows, NULL,
                                      0, NULL, NULL));
    return ORIEL_OK;
}

/* head counts over batch entries, too. */
static oriel_status attend_batch(struct blocks *b, const struct batch *t,
                                 int64_t head)
{
    const struct problem *p = &b->call->problem;
    const int64_t d = p->q.channels, dv = p->v.channels;
    const int64_t key = head / (p->heads / p->kv_heads) * p->keys + t->begin;
    const int64_t row = head * p->queries + t->first;
    const struct operand score = {SCORE, 0, t->pitch, t->rows * t->pitch};
    ORL_TRY(multiply(b, t->count, CLBlastTransposeYes,
                     (int64_t[]) {t->rows, t->span, d}, p->scale * 1.44269504f,
                     (struct operand[]) {{Q, row * d, d, t->rows * d},
                                         {K, key * d, d, t->rows * d},
                                         score}));
    ORL_TRY(soften(b, t));
    return multiply(b, t->count, CLBlastTransposeNo,
                    (int64_t[]) {t->rows, dv, t->span}, 1,
                    (struct operand[]) {score,
                                        {V, key * dv, dv, t->rows * dv},
                                        {OUT, row * dv, dv, t->rows * dv}});
}

/* Rows that see nothing keep the zeros that the result begins with. */
static oriel_status attend_head(struct blocks *b, int64_t head, int64_t end)
{
    for (int64_t first = 0; first < end;) {
        const struct batch t = next_batch(b, first, end);
        if (t.span > 0)
            ORL_TRY(attend_batch(b, &t, head));
        first += t.rows * t.count;
    }
    return ORIEL_OK;
}

static oriel_status run(void *state)
{
    struct blocks *b = state;
    const struct problem *p = &b->call->problem;
    for (int64_t head = 0; head < p->batch * p->heads; head++)
        ORL_TRY(attend_head(b, head, p->queries));
    ORL_TRY_CL(clFinish(b->queue));
    return ORIEL_OK;
}

static size_t bytes_of(const struct problem *p, int which)
{
    const int64_t rows = which == K || which == V ? p->kv_heads * p->keys
                                                  : p->heads * p->queries;
    const int64_t dim =
        which == V || which == OUT ? p->v.channels : p->q.channels;
    return (size_t)(p->batch * rows * dim) * sizeof(float);
}

static oriel_status fetch(void *state)
{
    struct blocks *b = state;
    ORL_TRY_CL(clEnqueueReadBuffer(b->queue, b->buffer[OUT], CL_TRUE, 0,
                                   bytes_of(&b->call->problem, OUT),
                                   b->call->out, 0, NULL, NULL));
    return ORIEL_OK;
}

static oriel_status reserve(struct blocks *b, int which, size_t bytes,
                            const void *from)
{
    cl_int code = CL_SUCCESS;
    if (b->buffer[which])
        clReleaseMemObject(b->buffer[which]);
    b->buffer[which] = clCreateBuffer(
        b->context, CL_MEM_READ_WRITE | (from ? CL_MEM_COPY_HOST_PTR : 0),
        bytes, (void *)(uintptr_t)from, &code);
    return orl_cl_check(code, "clCreateBuffer");
}

/* Room for the scores of any batch of blocks of this length. */
static oriel_status choose_length(struct blocks *b, int64_t length)
{
    int64_t most = 1;
    b->length = orl_min(length, b->call->window.queries);
    for (int64_t i = 0; i < b->call->window.queries; i += b->length) {
        const struct batch t = batch_of(b, i);
        most = orl_max(most, t.rows * t.pitch);
    }
    return reserve(b, SCORE, (size_t)orl_max(most, score_most) * sizeof(float),
                   NULL);
}

static oriel_status tune(struct blocks *b)
{
    const int64_t rows = orl_min(TUNING_ROWS, b->call->problem.queries);
    int64_t best = lengths[0];
    double least = 0;
    for (int n = 0; n < LENGTHS; n++) {
        ORL_TRY(choose_length(b, lengths[n]));
        for (int repeat = 0; repeat < 3; repeat++) {
            const double begin = peer_clock();
            ORL_TRY(attend_head(b, 0, rows));
            ORL_TRY_CL(clFinish(b->queue));
            const double seconds = peer_clock() - begin;
            /* The first one compiles. */
            if (repeat > 0 && (least <= 0 || seconds < least)) {
                least = seconds;
                best = lengths[n];
            }
        }
    }
    return choose_length(b, best);
}

static oriel_status build(struct blocks *b)
{
    cl_int code = CL_SUCCESS;
    const char *text = soften_source;
    b->queue = clCreateCommandQueue(b->context, b->id, 0, &code);
    ORL_TRY(orl_cl_check(code, "clCreateCommandQueue"));
    b->program = clCreateProgramWithSource(b->context, 1, &text, NULL, &code);
    ORL_TRY(orl_cl_check(code, "clCreateProgramWithSource"));
    ORL_TRY_CL(clBuildProgram(b->program, 1, &b->id, "", NULL, NULL));
    b->kernel = clCreateKernel(b->program, "soften", &code);
    return orl_cl_check(code, "clCreateKernel");
}

static oriel_status open_blocks(void **state, const struct call *call,
                                struct text *version)
{
    const struct problem *p = &call->problem;
    char threads[16];
    snprintf(threads, sizeof threads, "%d", call->threads);
    setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
    if (p->q.type != ORIEL_F32 || p->k.type != ORIEL_F32 ||
        p->v.type != ORIEL_F32)
        return orl_fail(ORIEL_E_UNSUPPORTED, "this peer computes f32 only");
    struct blocks *b = calloc(1, sizeof *b);
    if (!b)
        return orl_fail(ORIEL_E_MEMORY, "not enough memory");
    *state = b;
    b->call = call;
    ORL_TRY(device_pick(&b->id, NULL));
    ORL_TRY(device_context(&b->context, b->id));
    ORL_TRY(build(b));
    ORL_TRY(reserve(b, Q, bytes_of(p, Q), call->q));
    ORL_TRY(reserve(b, K, bytes_of(p, K), call->k));
    ORL_TRY(reserve(b, V, bytes_of(p, V), call->v));
    ORL_TRY(reserve(b, OUT, bytes_of(p, OUT), NULL));
    const float zero = 0;
    ORL_TRY_CL(clEnqueueFillBuffer(b->queue, b->buffer[OUT], &zero, sizeof zero,
                                   0, bytes_of(p, OUT), 0, NULL, NULL));
    ORL_TRY(tune(b));
    char name[80] = "";
    clGetDeviceInfo(b->id, CL_DEVICE_NAME, sizeof name - 1, name, NULL);
    for (char *c = name; *c; c++)
        *c = *c == ',' ? ' ' : *c;
    orl_text_add(version, CLBLAST_TEXT " on %s in blocks of %lld", name,
                 (long long)b->length);
    return ORIEL_OK;
}

static void close_blocks(void *state)
{
    struct blocks *b = state;
    if (!b)
        return;
    CLBlastClearCache(); /* it keeps programs by the address of the context */
    for (int n = 0; n < BUFFERS; n++)
        if (b->buffer[n])
            clReleaseMemObject(b->buffer[n]);
    if (b->kernel)
        clReleaseKernel(b->kernel);
    if (b->program)
        clReleaseProgram(b->program);
    if (b->queue)
        clReleaseCommandQueue(b->queue);
    if (b->context)
        clReleaseContext(b->context);
    free(b);
}

int main(int count, char **text)
{
    static const struct peer peer = {"CLBlast blocks", open_blocks, run, fetch,
                                     close_blocks};
    return peer_main(&peer, count, text);
}
