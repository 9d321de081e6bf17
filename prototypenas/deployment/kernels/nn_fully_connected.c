/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_channels.h"
#include "nn_rows.h"
#include "nn_vectors.h"

#if NN_PAIRS
/* Two words of weights against the unpacked inputs. */
#define NN_ROW(sum, from)                                                                                              \
    do {                                                                                                               \
        NN_IN_ORDER();                                                                                                 \
        const uint32_t bytes = nn_load(from);                                                                          \
        sum = nn_multiply_pairs(nn_even(bytes), even, sum);                                                            \
        sum = nn_multiply_pairs(nn_odd(bytes), odd, sum);                                                              \
    } while (0)

#define NN_LONE_ROW(offset)                                                                                            \
    do {                                                                                                               \
        const uint32_t word = nn_load(in + (offset)), even = nn_even(word), odd = nn_odd(word);                        \
        NN_ROW(sum, w + (offset));                                                                                     \
    } while (0)

#define NN_FOUR_ROWS(offset)                                                                                           \
    do {                                                                                                               \
        const uint32_t word = nn_load(in + (offset)), even = nn_even(word), odd = nn_odd(word);                        \
        NN_ROW(sum0, w0 + (offset));                                                                                   \
        NN_ROW(sum1, w1 + (offset));                                                                                   \
        NN_ROW(sum2, w2 + (offset));                                                                                   \
        NN_ROW(sum3, w3 + (offset));                                                                                   \
    } while (0)
#endif

#if !NN_VECTORS
static int32_t nn_dot(const int8_t *left, const int8_t *right, uint32_t count, int32_t sum)
{
    for (; count > 0; count--) {
        sum += *left++ * *right++;
    }
    return sum;
}
#endif

#if NN_VECTORS
/* Linear layer over the flattened input: four rows of weights at a time. There is one row of outputs. */
void nn_fully_connected(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const nn_channels channels = nn_channels_of(model, layer);
    const uint32_t depth = layer->in_height * nn_input_bytes(layer);
    const int8_t *const input = model->arena + layer->input, *weights = channels.weights;
    int8_t *const output = model->arena + layer->output;
    uint32_t channel = 0;
    (void)row;
    (void)rows;
    for (; channel + 4 <= layer->out_channels; channel += 4, weights += 4 * depth) {
        const nn_four four = nn_four_of(&channels, channel);
        nn_narrow_four(nn_products(input, weights, depth, depth), &four, output + channel);
    }
    nn_lone_rows(input, &channels, depth, channel, layer->out_channels, output);
}
#elif NN_PAIRS
/* Linear layer over the flattened input: four rows of weights at a time. There is one row of outputs. */
void nn_fully_connected(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const nn_channels channels = nn_channels_of(model, layer);
    const uint32_t depth = layer->in_height * nn_input_bytes(layer), tail = depth % 4;
    const int8_t *const input = model->arena + layer->input, *const end = input + (depth - tail);
    const int8_t *w = channels.weights;
    int8_t *output = model->arena + layer->output;
    uint32_t channel = 0;
    (void)row;
    (void)rows;
    for (; channel + 4 <= layer->out_channels; channel += 4, w += 4 * depth) {
        const int32_t *biases = channels.biases + channel, *multipliers = channels.multipliers + channel;
        const uint8_t *shifts = channels.shifts + channel;
        int32_t sum0 = biases[0], sum1 = biases[1], sum2 = biases[2], sum3 = biases[3];
        const int8_t *in = input;
        const int8_t *w0 = w, *w1 = w + depth, *w2 = w1 + depth, *w3 = w2 + depth;
        if (depth % 8 >= 4) {
            NN_FOUR_ROWS(0);
            in += 4, w0 += 4, w1 += 4, w2 += 4, w3 += 4;
        }
        for (; in != end; in += 8, w0 += 8, w1 += 8, w2 += 8, w3 += 8) {
            NN_FOUR_ROWS(0);
            NN_IN_ORDER();
            NN_FOUR_ROWS(4);
        }
        {
            const int32_t sums[4] = {sum0, sum1, sum2, sum3};
            const int8_t *rest = w + (depth - tail);
            uint32_t lane;
            for (lane = 0; lane < 4; lane++, rest += depth) {
                const int32_t sum = nn_dot(end, rest, tail, sums[lane]);
                output[channel + lane] = (int8_t)nn_narrow(sum, multipliers[lane], shifts[lane], &channels);
            }
        }
    }
    for (; channel < layer->out_channels; channel++, w += tail) {
        int32_t sum = channels.biases[channel];
        const int8_t *in = input;
        if (depth % 8 >= 4) {
            NN_LONE_ROW(0);
            in += 4, w += 4;
        }
        for (; in != end; in += 8, w += 8) {
            NN_LONE_ROW(0);
            NN_LONE_ROW(4);
        }
        output[channel] = (int8_t)nn_narrow(nn_dot(in, w, tail, sum), channels.multipliers[channel],
                                            channels.shifts[channel], &channels);
    }
}
#else
/* Linear layer over the flattened input. There is one row of outputs. */
void nn_fully_connected(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const nn_channels channels = nn_channels_of(model, layer);
    const uint32_t depth = layer->in_height * nn_input_bytes(layer);
    const int8_t *const input = model->arena + layer->input;
    int8_t *const output = model->arena + layer->output;
    uint32_t channel;
    (void)row;
    (void)rows;
    for (channel = 0; channel < layer->out_channels; channel++) {
        const int32_t sum = nn_dot(input, channels.weights + channel * depth, depth, channels.biases[channel]);
        output[channel] = (int8_t)nn_narrow(sum, channels.multipliers[channel], channels.shifts[channel], &channels);
    }
}
#endif
