/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_elementwise.h"
#include "nn_rows.h"

/* Sum of two maps; either may be overwritten by the output. */
void nn_add(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const int32_t left_multiplier = layer->as.add.left_multiplier, right_multiplier = layer->as.add.right_multiplier;
    const int32_t offset = layer->as.add.offset, shift = layer->as.add.shift;
    const int32_t zero_point = layer->out_zero_point, low = layer->low;
    for (; rows > 0; rows--, row++) {
        const int8_t *left = nn_source_from(model, layer, (int32_t)row).at;
        const int8_t *right = model->arena + layer->second + row % layer->second_rows * nn_input_bytes(layer);
        int8_t *output = nn_output_row(model, layer, row);
        uint32_t pixels = layer->out_width, channel;
        for (; pixels > 0; pixels--, output += layer->pixel_stride) {
            for (channel = 0; channel < layer->out_channels; channel++) {
                const int32_t sum = *left++ * left_multiplier + *right++ * right_multiplier + offset;
                output[channel] = nn_clamp((sum >> shift) + zero_point, low);
            }
        }
    }
}
