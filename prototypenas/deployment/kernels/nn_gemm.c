/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_gemm.h"
#include "nn_vectors.h"

#if NN_PAIRS
/* Four inputs of both pixels against two rows. */
#define NN_QUAD(number)                                                                                                \
    do {                                                                                                               \
        const uint32_t l0 = left[2 * (number)], l1 = left[2 * (number) + 1];                                           \
        const uint32_t r0 = right[2 * (number)], r1 = right[2 * (number) + 1];                                         \
        uint32_t bytes = nn_load(w0 + 4 * (number)), pair = nn_even(bytes);                                            \
        sum00 = nn_multiply_pairs(pair, l0, sum00);                                                                    \
        sum01 = nn_multiply_pairs(pair, r0, sum01);                                                                    \
        pair = nn_odd(bytes);                                                                                          \
        sum00 = nn_multiply_pairs(pair, l1, sum00);                                                                    \
        sum01 = nn_multiply_pairs(pair, r1, sum01);                                                                    \
        NN_IN_ORDER();                                                                                                 \
        bytes = nn_load(w1 + 4 * (number));                                                                            \
        pair = nn_even(bytes);                                                                                         \
        sum10 = nn_multiply_pairs(pair, l0, sum10);                                                                    \
        sum11 = nn_multiply_pairs(pair, r0, sum11);                                                                    \
        pair = nn_odd(bytes);                                                                                          \
        sum10 = nn_multiply_pairs(pair, l1, sum10);                                                                    \
        sum11 = nn_multiply_pairs(pair, r1, sum11);                                                                    \
    } while (0)

/* Appends `count` bytes read from `from`; with step 0 the same word again and again, which is padding. */
void nn_append(nn_column *column, const int8_t *from, uint32_t step, uint32_t count)
{
    uint32_t *next = column->next;
    const uint32_t bits = column->bits;
    uint32_t pending = column->pending;
    for (; count >= 4; count -= 4, from += step, next += 2) {
        const uint32_t word = nn_load(from);
        uint32_t bytes = word;
        if (bits != 0) {
            bytes = pending | (word << bits);
            pending = word >> (32 - bits);
        }
        next[0] = nn_even(bytes);
        next[1] = nn_odd(bytes);
    }
    column->next = next;
    column->pending = pending;
    for (; count > 0; count--) {
        column->pending |= (uint32_t)(uint8_t)*from++ << column->bits;
        column->bits += 8;
        if (column->bits == 32) {
            nn_flush(column);
        }
    }
}

/* Writes the pending bytes, filled up with zeros. */
void nn_flush(nn_column *column)
{
    if (column->bits != 0) {
        column->next[0] = nn_even(column->pending);
        column->next[1] = nn_odd(column->pending);
        column->next += 2;
        column->pending = 0;
        column->bits = 0;
    }
}

/* One or two neighbouring pixels. Rows are read by words: what a row's last word holds beyond the row meets the
 * zeros that fill up the column. A lone pixel is computed twice. */
void nn_gemm(const nn_descriptor *layer, const nn_channels *channels, const uint32_t *columns, uint32_t pixels,
             int8_t *output)
{
    const uint32_t row = (uint32_t)layer->kernel_height * layer->kernel_width * layer->in_channels;
    const uint32_t depth = nn_column_words(row);
    const uint32_t *const end = columns + depth, *const start = pixels == 2 ? end : columns;
    const int8_t *weights = channels->weights;
    const int32_t *biases = channels->biases, *multipliers = channels->multipliers;
    const uint8_t *shifts = channels->shifts;
    const nn_channels limits = *channels;
    int8_t *second = pixels == 2 ? output + layer->pixel_stride : output;
    uint32_t count = layer->out_channels;
    for (; count >= 2; count -= 2) {
        int32_t sum00 = biases[0], sum01 = sum00, sum10 = biases[1], sum11 = sum10;
        const int8_t *w0 = weights, *w1 = weights + row;
        const uint32_t *left = columns, *right = start;
        if ((depth & 2) != 0) {
            NN_QUAD(0);
            w0 += 4, w1 += 4, left += 2, right += 2;
        }
        while (left != end) {
            NN_QUAD(0);
            NN_IN_ORDER();
            NN_QUAD(1);
            w0 += 8, w1 += 8, left += 4, right += 4;
        }
        {
            const int32_t multiplier0 = multipliers[0], multiplier1 = multipliers[1];
            const uint32_t shift0 = shifts[0], shift1 = shifts[1];
            output[0] = (int8_t)nn_narrow(sum00, multiplier0, shift0, &limits);
            second[0] = (int8_t)nn_narrow(sum01, multiplier0, shift0, &limits);
            output[1] = (int8_t)nn_narrow(sum10, multiplier1, shift1, &limits);
            second[1] = (int8_t)nn_narrow(sum11, multiplier1, shift1, &limits);
        }
        output += 2;
        second += 2;
        weights += 2 * row;
        biases += 2;
        multipliers += 2;
        shifts += 2;
    }
    if (count != 0) {
        int32_t sum0 = biases[0], sum1 = sum0;
        const uint32_t *left = columns, *right = start;
        for (; left != end; left += 2, right += 2, weights += 4) {
            const uint32_t bytes = nn_load(weights), even = nn_even(bytes), odd = nn_odd(bytes);
            sum0 = nn_multiply_pairs(odd, left[1], nn_multiply_pairs(even, left[0], sum0));
            sum1 = nn_multiply_pairs(odd, right[1], nn_multiply_pairs(even, right[0], sum1));
        }
        output[0] = (int8_t)nn_narrow(sum0, multipliers[0], shifts[0], channels);
        second[0] = (int8_t)nn_narrow(sum1, multipliers[0], shifts[0], channels);
    }
}
#else
/* Appends `count` bytes read from `from`; with step 0 the same byte again and again, which is padding. */
void nn_append(nn_column *column, const int8_t *from, uint32_t step, uint32_t count)
{
    int8_t *to = (int8_t *)column->next + column->bits / 8;
    column->bits += 8 * count;
#if NN_VECTORS
    while (count != 0) {
        const uint32_t some = count < 16 ? count : 16;
        const mve_pred16_t bytes = vctp8q(some);
        vstrbq_p_s8(to, step == 0 ? vdupq_n_s8(*from) : vldrbq_z_s8(from, bytes), bytes);
        from += 4 * step;
        to += some;
        count -= some;
    }
#else
    if (count == 0) {
        return;
    }
    if (step == 0) {
        memset(to, *from, count);
    } else {
        memcpy(to, from, count);
    }
#endif
}

void nn_flush(nn_column *column)
{
    column->next += (column->bits / 8 + 3) / 4;
    column->bits = 0;
}

#if NN_VECTORS
/* One or two neighbouring pixels against four rows of weights at a time. */
void nn_gemm(const nn_descriptor *layer, const nn_channels *channels, const uint32_t *columns, uint32_t pixels,
             int8_t *output)
{
    const uint32_t row = (uint32_t)layer->kernel_height * layer->kernel_width * layer->in_channels;
    const int8_t *const left = (const int8_t *)columns, *const right = (const int8_t *)(columns + nn_column_words(row));
    const nn_channels limits = *channels;
    const int8_t *weights = limits.weights;
    int8_t *const second = output + layer->pixel_stride;
    uint32_t channel = 0;
    for (; channel + 4 <= layer->out_channels; channel += 4, weights += 4 * row) {
        const nn_four four = nn_four_of(&limits, channel);
        nn_narrow_four(nn_products(left, weights, row, row), &four, output + channel);
        if (pixels == 2) {
            nn_narrow_four(nn_products(right, weights, row, row), &four, second + channel);
        }
    }
    nn_lone_rows(left, &limits, row, channel, layer->out_channels, output);
    if (pixels == 2) {
        nn_lone_rows(right, &limits, row, channel, layer->out_channels, second);
    }
}
#else
/* One or two neighbouring pixels against each row of weights; a lone pixel is computed twice. */
void nn_gemm(const nn_descriptor *layer, const nn_channels *channels, const uint32_t *columns, uint32_t pixels,
             int8_t *output)
{
    const uint32_t row = (uint32_t)layer->kernel_height * layer->kernel_width * layer->in_channels;
    const int8_t *const left = (const int8_t *)columns;
    const int8_t *const right = pixels == 2 ? (const int8_t *)(columns + nn_column_words(row)) : left;
    int8_t *second = pixels == 2 ? output + layer->pixel_stride : output;
    const int8_t *weights = channels->weights;
    uint32_t channel, index;
    for (channel = 0; channel < layer->out_channels; channel++, weights += row) {
        int32_t sum0 = channels->biases[channel], sum1 = sum0;
        for (index = 0; index < row; index++) {
            const int32_t weight = weights[index];
            sum0 += weight * left[index];
            sum1 += weight * right[index];
        }
        output[channel] = (int8_t)nn_narrow(sum0, channels->multipliers[channel], channels->shifts[channel], channels);
        second[channel] = (int8_t)nn_narrow(sum1, channels->multipliers[channel], channels->shifts[channel], channels);
    }
}
#endif
#endif
