/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_gemm.h"
#include "nn_rows.h"

/* One pixel's inputs of one group's channels. */
static void nn_stage_group(const nn_descriptor *layer, const nn_source *source, nn_column *column, int32_t row,
                           int32_t left, uint32_t first, uint32_t channels)
{
    const uint32_t fill = (uint8_t)layer->in_zero_point * 0x01010101u;
    uint32_t y, x;
    for (y = 0; y < layer->kernel_height; y++, row += layer->as.dense.dilation_height) {
        int32_t at = left;
        for (x = 0; x < layer->kernel_width; x++, at += layer->as.dense.dilation_width) {
            if (row < 0 || row >= layer->in_height || at < 0 || at >= layer->in_width) {
                nn_append(column, (const int8_t *)&fill, 0, channels);
            } else {
                const int8_t *pixel = nn_ring_row(source, layer, row) + (uint32_t)at * layer->in_channels;
                nn_append(column, pixel + first, 4, channels);
            }
        }
    }
    nn_flush(column);
}

/* Rows that lie one behind the other in the output's ring: every group of one or two pixels is staged before any of
 * them is written. */
static void nn_convolve_groups(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t end)
{
    const uint32_t groups = layer->as.dense.groups;
    nn_descriptor part = *layer;
    uint32_t *const columns = (uint32_t *)(void *)model->scratch;
    int8_t *output = nn_output_row(model, layer, row);
    uint32_t depth, weights, staged = 0, x, group;
    part.in_channels = (uint16_t)(layer->in_channels / groups);
    part.out_channels = (uint16_t)(layer->out_channels / groups);
    weights = (uint32_t)layer->kernel_height * layer->kernel_width * part.in_channels;
    depth = nn_column_words(weights);
    weights *= part.out_channels;
    for (; row < end; row++) {
        const int32_t top = (int32_t)(row * layer->stride_height) - layer->pad_top;
        const nn_source source = nn_source_from(model, layer, top);
        for (x = 0; x < layer->out_width; x++) {
            const int32_t left = (int32_t)(x * layer->stride_width) - layer->pad_left;
            const int last = row + 1 == end && x + 1u == layer->out_width;
            for (group = 0; group < groups; group++) {
                nn_column column = {columns + (2 * group + staged) * depth, 0, 0};
                nn_stage_group(layer, &source, &column, top, left, group * part.in_channels, part.in_channels);
            }
            if (++staged == 2 || last) {
                nn_channels channels = nn_channels_of(model, layer);
                for (group = 0; group < groups; group++) {
                    nn_gemm(&part, &channels, columns + 2 * group * depth, staged, output + group * part.out_channels);
                    channels.weights += weights;
                    channels.biases += part.out_channels;
                    channels.multipliers += part.out_channels;
                    channels.shifts += part.out_channels;
                }
                output += staged * layer->pixel_stride;
                staged = 0;
            }
        }
    }
}

/* Convolution whose groups of channels see each other only. */
void nn_grouped(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    while (rows > 0) {
        const uint32_t count = nn_unbroken(row, rows, layer->out_rows);
        nn_convolve_groups(model, layer, row, row + count);
        row += count;
        rows -= count;
    }
}
