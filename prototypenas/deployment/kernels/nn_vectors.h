/* SPDX-License-Identifier: Apache-2.0 */
/* Four output channels at a time on cores with the M-profile vector extension: the same integers as elsewhere. */
#ifndef NN_VECTORS_H
#define NN_VECTORS_H

#include "nn_arithmetic.h"

#if NN_VECTORS
#include <arm_mve.h>

/* What four channels are brought to int8 with. */
typedef struct {
    int32x4_t biases, multipliers, shifts; /* the latter negative, since a vector is shifted to the left */
    int32x4_t low;
    int32_t offset;
} nn_four;

static inline nn_four nn_four_of(const nn_channels *channels, uint32_t channel)
{
    nn_four four;
    four.biases = vldrwq_s32(channels->biases + channel);
    four.multipliers = vldrwq_s32(channels->multipliers + channel);
    four.shifts = vnegq_s32(vreinterpretq_s32_u32(vldrbq_u32(channels->shifts + channel)));
    four.low = vdupq_n_s32(channels->low);
    four.offset = channels->offset;
    return four;
}

/* As `nn_narrow`, for the sums of four channels without their biases. */
static inline void nn_narrow_four(int32x4_t sums, const nn_four *four, int8_t *output)
{
    int32x4_t values = vaddq_s32(sums, four->biases);
    values = vmulhq_s32(vaddq_s32(values, values), four->multipliers);
    values = vaddq_n_s32(vshlq_s32(values, four->shifts), four->offset);
    values = vminq_s32(vmaxq_s32(vshrq_n_s32(values, 1), four->low), vdupq_n_s32(127));
    vstrbq_s32(output, values);
}

/* Products of one column with four rows of weights, the next one `step` bytes behind each; all of `count` > 0 bytes.
 * The loop of 16 bytes is the core's own, which leaves out what is behind the last; no compiler writes it yet. It is
 * called, since where it is inlined more is spilled than a call costs. */
static __attribute__((noinline, unused)) int32x4_t nn_products(const int8_t *column, const int8_t *weights,
                                                               uint32_t step, uint32_t count)
{
    const int8_t *w0 = weights, *w1 = w0 + step, *w2 = w1 + step, *w3 = w2 + step;
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    int32x4_t sums;
    __asm__ volatile("dlstp.8 lr, %[count]\n"
                     "1: vldrb.8 q0, [%[column]], #16\n"
                     "vldrb.8 q1, [%[w0]], #16\n"
                     "vmladava.s8 %[sum0], q0, q1\n"
                     "vldrb.8 q2, [%[w1]], #16\n"
                     "vmladava.s8 %[sum1], q0, q2\n"
                     "vldrb.8 q1, [%[w2]], #16\n"
                     "vmladava.s8 %[sum2], q0, q1\n"
                     "vldrb.8 q2, [%[w3]], #16\n"
                     "vmladava.s8 %[sum3], q0, q2\n"
                     "letp lr, 1b\n"
                     : [column] "+r"(column), [w0] "+r"(w0), [w1] "+r"(w1), [w2] "+r"(w2), [w3] "+r"(w3),
                       [sum0] "+Te"(sum0), [sum1] "+Te"(sum1), [sum2] "+Te"(sum2), [sum3] "+Te"(sum3)
                     : [count] "r"(count)
                     : "q0", "q1", "q2", "lr", "memory");
    sums = vdupq_n_s32(sum0);
    sums = vsetq_lane_s32(sum1, sums, 1);
    sums = vsetq_lane_s32(sum2, sums, 2);
    return vsetq_lane_s32(sum3, sums, 3);
}

/* The channels behind the last four, one after the other. */
static inline void nn_lone_rows(const int8_t *column, const nn_channels *channels, uint32_t row, uint32_t channel,
                                uint32_t end, int8_t *output)
{
    for (; channel < end; channel++) {
        const int32x4_t equal = nn_products(column, channels->weights + channel * row, 0, row);
        const int32_t sum = vgetq_lane_s32(equal, 0) + channels->biases[channel];
        output[channel] = (int8_t)nn_narrow(sum, channels->multipliers[channel], channels->shifts[channel], channels);
    }
}
#endif

#endif
