/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_arithmetic.h"
#include "nn_rows.h"

/* Channels spread over blocks of `kernel_height` x `kernel_width` pixels, those of a block's first row first. */
void nn_depth_to_space(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const uint32_t channels = layer->out_channels, part = layer->kernel_width * channels;
    for (; rows > 0; rows--, row++) {
        const uint32_t above = row / layer->kernel_height;
        const int8_t *block = nn_source_from(model, layer, (int32_t)above).at + row % layer->kernel_height * part;
        int8_t *output = nn_output_row(model, layer, row);
        uint32_t blocks = layer->in_width, at;
        for (; blocks > 0; blocks--, block += layer->in_channels) {
            for (at = 0; at < part; at += channels, output += layer->pixel_stride) {
                nn_move(output, block + at, channels);
            }
        }
    }
}
