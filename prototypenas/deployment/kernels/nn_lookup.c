/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_arithmetic.h"
#include "nn_rows.h"

/* Any function of single values by a table of 256 bytes, the least input first; the output may overwrite the input. */
void nn_lookup(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const int8_t *const table = model->weights + layer->as.dense.weights + 128;
    for (; rows > 0; rows--, row++) {
        const int8_t *input = nn_source_from(model, layer, (int32_t)row).at;
        int8_t *output = nn_output_row(model, layer, row);
        uint32_t pixels = layer->out_width, channel;
        for (; pixels > 0; pixels--, output += layer->pixel_stride) {
            for (channel = 0; channel < layer->out_channels; channel++) {
                output[channel] = table[*input++];
            }
        }
    }
}
