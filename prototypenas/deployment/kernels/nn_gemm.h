/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix product behind convolutions: two columns of staged inputs against all rows of weights. */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include "nn.h"
#include "nn_channels.h"

/* A column being filled: four inputs become two words, (x0, x2) and (x1, x3), the order in which weights unpack. Where
 * nothing is multiplied in pairs they stay bytes. */
typedef struct {
    uint32_t *next;
    uint32_t pending; /* bytes that do not fill a word yet */
    uint32_t bits;    /* how many, times 8 */
} nn_column;

static inline uint32_t nn_column_words(uint32_t inputs)
{
    return (inputs + 3) / 4 * (NN_PAIRS ? 2 : 1);
}

void nn_append(nn_column *column, const int8_t *from, uint32_t step, uint32_t count);
void nn_flush(nn_column *column);
void nn_gemm(const nn_descriptor *layer, const nn_channels *channels, const uint32_t *columns, uint32_t pixels,
             int8_t *output);

#endif
