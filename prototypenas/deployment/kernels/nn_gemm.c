#include "nn_gemm.h"

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
    const uint32_t depth = (row + 3) / 4 * 2;
    const uint32_t *const end = columns + depth, *const start = pixels == 2 ? end : columns;
    const int8_t *weights = channels->weights;
    const int32_t *biases = channels->biases, *multipliers = channels->multipliers;
    const uint8_t *shifts = channels->shifts;
    int8_t *second = pixels == 2 ? output + layer->pixel_stride : output;
    uint32_t count = layer->out_channels;
    for (; count >= 2; count -= 2) {
        int32_t sum00 = biases[0], sum01 = sum00, sum10 = biases[1], sum11 = sum10;
        const int8_t *w = weights;
        const uint32_t *left = columns, *right = start;
        while (left != end) {
            const uint32_t l0 = left[0], l1 = left[1], r0 = right[0], r1 = right[1];
            uint32_t bytes = nn_load(w), pair = nn_even(bytes);
            left += 2;
            right += 2;
            sum00 = nn_multiply_pairs(pair, l0, sum00);
            sum01 = nn_multiply_pairs(pair, r0, sum01);
            pair = nn_odd(bytes);
            sum00 = nn_multiply_pairs(pair, l1, sum00);
            sum01 = nn_multiply_pairs(pair, r1, sum01);
            bytes = nn_load(w + row);
            w += 4;
            pair = nn_even(bytes);
            sum10 = nn_multiply_pairs(pair, l0, sum10);
            sum11 = nn_multiply_pairs(pair, r0, sum11);
            pair = nn_odd(bytes);
            sum10 = nn_multiply_pairs(pair, l1, sum10);
            sum11 = nn_multiply_pairs(pair, r1, sum11);
        }
        output[0] = nn_narrow(sum00, multipliers[0], shifts[0], channels);
        second[0] = nn_narrow(sum01, multipliers[0], shifts[0], channels);
        output[1] = nn_narrow(sum10, multipliers[1], shifts[1], channels);
        second[1] = nn_narrow(sum11, multipliers[1], shifts[1], channels);
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
        output[0] = nn_narrow(sum0, multipliers[0], shifts[0], channels);
        second[0] = nn_narrow(sum1, multipliers[0], shifts[0], channels);
    }
}
