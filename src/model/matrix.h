/* matrix.h: the kinds of matrix units that kernels know. */
#ifndef ORL_MODEL_MATRIX_H
#define ORL_MODEL_MATRIX_H

/* How a device multiplies matrices, as lib/layout.clh of the kernels knows it;
 * 0: not at all, or by nothing that is known here. */
enum matrix_engine {
    ENGINE_MMA = 1, /* NVIDIA: mma.sync m16n8k16, f16 and bf16 */
    ENGINE_MMA8,    /* NVIDIA: mma.sync m16n8k8, f16 */
    ENGINE_WMMA11,  /* AMD: WMMA of gfx11, f16 and bf16 */
    ENGINE_WMMA12,  /* AMD: WMMA of gfx12, f16 and bf16 */
    ENGINE_MFMA,    /* AMD: MFMA of gfx90a and later, f32 too */
    ENGINE_MFMA8,   /* AMD: MFMA of gfx908, f32 too */
    ENGINE_DPAS16,  /* Intel: DPAS in sub-groups of 16, f16 and bf16 */
    ENGINE_DPAS8,   /* Intel: DPAS in sub-groups of 8, f16 and bf16 */
    ORL_ENGINES
};

/* Names of engines, from number 1 on, with a blank between them. */
#define ORL_ENGINE_NAMES "mma mma8 wmma11 wmma12 mfma mfma8 dpas16 dpas8"

#endif /* ORL_MODEL_MATRIX_H */
