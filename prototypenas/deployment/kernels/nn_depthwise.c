/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_channels.h"
#include "nn_rows.h"
#include "nn_vectors.h"

#if NN_PAIRS
/* Four channels of one tap. */
#define NN_TAP(inputs, weights)                                                                                        \
    do {                                                                                                               \
        const uint32_t in = nn_load(inputs), factor = nn_load(weights);                                                \
        const uint32_t in_even = nn_even(in), even = nn_even(factor);                                                  \
        const uint32_t in_odd = nn_odd(in), odd = nn_odd(factor);                                                      \
        sum0 = nn_multiply_low(even, in_even, sum0);                                                                   \
        sum2 = nn_multiply_high(even, in_even, sum2);                                                                  \
        sum1 = nn_multiply_low(odd, in_odd, sum1);                                                                     \
        sum3 = nn_multiply_high(odd, in_odd, sum3);                                                                    \
    } while (0)
#endif

/* Distance of each tap's input from the ring's first byte; taps outside the map read the padding. */
static uint32_t nn_find_taps(const nn_descriptor *layer, const nn_source *source, int32_t row, int32_t column,
                             int32_t padding, int32_t *taps)
{
    const int32_t *const end = taps + (uint32_t)layer->kernel_height * layer->kernel_width;
    const int32_t channels = layer->in_channels, left = column * channels;
    const int32_t step = layer->as.dense.dilation_width * channels;
    const int32_t right = left + layer->kernel_width * step, width = layer->in_width * channels;
    const int8_t *input = source->at;
    int32_t at;
    for (; taps != end; row += layer->as.dense.dilation_height) {
        int32_t first;
        if (row < 0 || row >= layer->in_height) {
            for (at = left; at < right; at += step) {
                *taps++ = padding;
            }
            continue;
        }
        if (layer->as.dense.dilation_height > 1) {
            input = nn_ring_row(source, layer, row);
        }
        first = (int32_t)(input - source->ring);
        for (at = left; at < right; at += step) {
            *taps++ = at >= 0 && at < width ? first + at : padding;
        }
        input = nn_below(source, input);
    }
    return (uint32_t)layer->kernel_height * layer->kernel_width;
}

static void nn_filter(const nn_channels *channels, const int8_t *input, const int32_t *taps, uint32_t tap_count,
                      uint32_t channel_count, int8_t *output)
{
    const int32_t *const last = taps + tap_count;
    const nn_channels limits = *channels;
    uint32_t channel = 0;
#if NN_VECTORS
    for (; channel + 4 <= channel_count; channel += 4) {
        const nn_four four = nn_four_of(&limits, channel);
        const int8_t *w = channels->weights + channel, *in_channel = input + channel;
        const int32_t *tap;
        int32x4_t sums = vdupq_n_s32(0);
        for (tap = taps; tap != last; tap++, w += channel_count) {
            sums = vaddq_s32(sums, vmulq_s32(vldrbq_s32(in_channel + *tap), vldrbq_s32(w)));
        }
        nn_narrow_four(sums, &four, output + channel);
    }
#elif NN_PAIRS
    for (; channel + 4 <= channel_count; channel += 4) {
        const int8_t *w = channels->weights + channel, *in_channel = input + channel;
        const int32_t *multipliers = channels->multipliers + channel, *biases = channels->biases + channel, *tap;
        const uint8_t *shifts = channels->shifts + channel;
        int32_t sum0 = biases[0], sum1 = biases[1], sum2 = biases[2], sum3 = biases[3];
        for (tap = taps; tap != last; tap++, w += channel_count) {
            NN_TAP(in_channel + *tap, w);
        }
        output[channel] = (int8_t)nn_narrow(sum0, multipliers[0], shifts[0], &limits);
        output[channel + 1] = (int8_t)nn_narrow(sum1, multipliers[1], shifts[1], &limits);
        output[channel + 2] = (int8_t)nn_narrow(sum2, multipliers[2], shifts[2], &limits);
        output[channel + 3] = (int8_t)nn_narrow(sum3, multipliers[3], shifts[3], &limits);
    }
#endif
    for (; channel < channel_count; channel++) {
        int32_t sum = channels->biases[channel];
        const int8_t *w = channels->weights + channel;
        const int32_t *tap;
        for (tap = taps; tap != last; tap++, w += channel_count) {
            sum += input[*tap + (int32_t)channel] * *w;
        }
        output[channel] = (int8_t)nn_narrow(sum, channels->multipliers[channel], channels->shifts[channel], &limits);
    }
}

/* One filter a channel. Scratch: one tap distance each, then a pixel of padding. */
void nn_depthwise(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const nn_channels channels = nn_channels_of(model, layer);
    int32_t *taps = (int32_t *)(void *)model->scratch;
    int8_t *padding = (int8_t *)(taps + (uint32_t)layer->kernel_height * layer->kernel_width);
    memset(padding, layer->in_zero_point, layer->in_channels);
    for (; rows > 0; rows--, row++) {
        const int32_t top = (int32_t)(row * layer->stride_height) - layer->pad_top;
        const nn_source source = nn_source_from(model, layer, top);
        int8_t *output = nn_output_row(model, layer, row);
        int32_t x;
        for (x = 0; x < layer->out_width; x++) {
            const int32_t left = x * layer->stride_width - layer->pad_left;
            const uint32_t count = nn_find_taps(layer, &source, top, left, (int32_t)(padding - source.ring), taps);
            nn_filter(&channels, source.ring, taps, count, layer->in_channels, output);
            output += layer->pixel_stride;
        }
    }
}
