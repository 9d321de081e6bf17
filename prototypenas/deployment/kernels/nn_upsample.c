/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_arithmetic.h"
#include "nn_rows.h"

/* Nearest neighbour by the whole factor `kernel_height`; the output may run into the input from below. */
void nn_upsample(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const uint32_t factor = layer->kernel_height, channels = layer->in_channels;
    for (; rows > 0; rows--, row++) {
        const int8_t *input = nn_source_from(model, layer, (int32_t)(row / factor)).at;
        int8_t *output = nn_output_row(model, layer, row);
        uint32_t x, channel;
        for (x = 0; x < layer->out_width; x++, output += layer->pixel_stride) {
            const int8_t *pixel = input + x / factor * channels;
            for (channel = 0; channel < channels; channel++) {
                output[channel] = pixel[channel];
            }
        }
    }
}
