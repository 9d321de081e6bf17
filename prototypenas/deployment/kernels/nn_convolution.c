/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_gemm.h"
#include "nn_rows.h"

/* Columns of the window that lie left of the map, in it and right of it, in bytes. */
typedef struct {
    uint32_t before, inside, after;
    uint32_t first; /* first byte inside */
} nn_span;

static nn_span nn_clip(int32_t first, int32_t size, int32_t limit, uint32_t unit)
{
    const int32_t last = first + size;
    const int32_t from = first < 0 ? (last < 0 ? last : 0) : (first > limit ? limit : first);
    const int32_t to = last > limit ? (first > limit ? first : limit) : (last < 0 ? 0 : last);
    nn_span span;
    if (last <= 0 || first >= limit) {
        span.before = (uint32_t)size * unit;
        span.inside = span.after = span.first = 0;
        return span;
    }
    span.before = (uint32_t)(from - first) * unit;
    span.inside = (uint32_t)(to - from) * unit;
    span.after = (uint32_t)(last - to) * unit;
    span.first = (uint32_t)from * unit;
    return span;
}

/* One row of a window whose taps lie apart. */
static void nn_stage_apart(const nn_descriptor *layer, const int8_t *row, const int8_t *padding, nn_column *column,
                           int32_t first)
{
    const uint32_t channels = layer->in_channels;
    uint32_t rest = layer->kernel_width;
    for (; rest > 0; rest--, first += layer->as.dense.dilation_width) {
        const int inside = first >= 0 && first < layer->in_width;
        nn_append(column, inside ? row + (uint32_t)first * channels : padding, inside ? 4 : 0, channels);
    }
}

static void nn_stage(const nn_descriptor *layer, const nn_source *source, nn_column *column, int32_t row, int32_t first)
{
    const int8_t *input = source->at;
    const uint32_t fill = (uint8_t)layer->in_zero_point * 0x01010101u;
    const int8_t *padding = (const int8_t *)&fill;
    const nn_span span = nn_clip(first, layer->kernel_width, layer->in_width, layer->in_channels);
    /* Of a series that is run sample by sample, the window covers whole rows. */
    const int whole = layer->kernel_width == layer->in_width && span.inside == source->row_bytes &&
                      layer->as.dense.dilation_height == 1 && layer->as.dense.dilation_width == 1;
    int32_t rest = layer->kernel_height;
    for (; rest > 0; rest--, row += layer->as.dense.dilation_height) {
        if (row < 0 || row >= layer->in_height) {
            nn_append(column, padding, 0, (uint32_t)layer->kernel_width * layer->in_channels);
            continue;
        }
        if (whole) {
            const int32_t unbroken = (int32_t)((uint32_t)(source->end - input) / source->row_bytes);
            const int32_t below = layer->in_height - row < rest ? layer->in_height - row : rest;
            const int32_t count = unbroken < below ? unbroken : below;
            nn_append(column, input, 4, (uint32_t)count * source->row_bytes);
            input = count == unbroken ? source->ring : input + (uint32_t)count * source->row_bytes;
            rest -= count - 1;
            row += count - 1;
            continue;
        }
        if (layer->as.dense.dilation_height > 1) {
            input = nn_ring_row(source, layer, row);
        }
        if (layer->as.dense.dilation_width > 1) {
            nn_stage_apart(layer, input, padding, column, first);
            input = nn_below(source, input);
            continue;
        }
        if (span.before != 0) {
            nn_append(column, padding, 0, span.before);
        }
        nn_append(column, input + span.first, 4, span.inside);
        if (span.after != 0) {
            nn_append(column, padding, 0, span.after);
        }
        input = nn_below(source, input);
    }
    nn_flush(column);
}

/* Rows that lie one behind the other in the output's ring. */
static void nn_convolve(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t end)
{
    const nn_channels channels = nn_channels_of(model, layer);
    int8_t *output = nn_output_row(model, layer, row);
    uint32_t *columns = (uint32_t *)(void *)model->scratch;
    nn_column column = {columns, 0, 0};
    uint32_t staged = 0, x;
    for (; row < end; row++) {
        const int32_t top = (int32_t)(row * layer->stride_height) - layer->pad_top;
        const nn_source source = nn_source_from(model, layer, top);
        for (x = 0; x < layer->out_width; x++) {
            nn_stage(layer, &source, &column, top, (int32_t)(x * layer->stride_width) - layer->pad_left);
            if (++staged == 2) {
                nn_gemm(layer, &channels, columns, 2, output);
                output += 2u * layer->pixel_stride;
                column.next = columns;
                staged = 0;
            }
        }
    }
    if (staged != 0) {
        nn_gemm(layer, &channels, columns, 1, output);
    }
}

/* Convolution of any window: stages one or two pixels' inputs before it writes them. */
void nn_convolution(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    while (rows > 0) {
        const uint32_t count = nn_unbroken(row, rows, layer->out_rows);
        nn_convolve(model, layer, row, row + count);
        row += count;
        rows -= count;
    }
}
