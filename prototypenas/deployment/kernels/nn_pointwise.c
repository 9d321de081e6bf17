/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_gemm.h"
#include "nn_rows.h"

static void nn_multiply_pixels(const nn_model *model, const nn_descriptor *layer, const int8_t *input, uint32_t rest,
                               int8_t *output)
{
    const nn_channels channels = nn_channels_of(model, layer);
    uint32_t *columns = (uint32_t *)(void *)model->scratch;
    while (rest > 0) {
        const uint32_t pixels = rest > 1 ? 2 : 1;
        nn_column column = {columns, 0, 0};
        uint32_t pixel;
        for (pixel = 0; pixel < pixels; pixel++) {
            nn_append(&column, input, 4, layer->in_channels);
            nn_flush(&column);
            input += layer->in_channels;
        }
        nn_gemm(layer, &channels, columns, pixels, output);
        output += pixels * layer->pixel_stride;
        rest -= pixels;
    }
}

/* 1x1 convolution without stride: a pixel is its own column. */
void nn_pointwise(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    while (rows > 0) {
        const uint32_t count = nn_unbroken(row, nn_unbroken(row, rows, layer->in_rows), layer->out_rows);
        nn_multiply_pixels(model, layer, nn_source_from(model, layer, (int32_t)row).at, count * layer->out_width,
                           nn_output_row(model, layer, row));
        row += count;
        rows -= count;
    }
}
