/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_arithmetic.h"
#include "nn_rows.h"

/* Product of two maps, or of a map and one factor a channel; `kernel_height` and `kernel_width` are 0 for factors. */
void nn_multiply(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const int32_t multiplier = layer->as.product.multiplier, shift = layer->as.product.shift;
    const int32_t left_zero = layer->in_zero_point, right_zero = layer->as.product.second_zero_point;
    const int64_t half = (int64_t)1 << (shift - 1);
    const uint32_t step = layer->kernel_width * (uint32_t)layer->in_channels;
    for (; rows > 0; rows--, row++) {
        const int8_t *left = nn_source_from(model, layer, (int32_t)row).at;
        const uint32_t slot = layer->kernel_height * (row % layer->second_rows);
        const int8_t *right = model->arena + layer->second + slot * nn_input_bytes(layer);
        int8_t *output = nn_output_row(model, layer, row);
        uint32_t pixels = layer->out_width, channel;
        for (; pixels > 0; pixels--, output += layer->pixel_stride, right += step) {
            for (channel = 0; channel < layer->out_channels; channel++) {
                const int32_t product = (*left++ - left_zero) * (right[channel] - right_zero);
                const int64_t value = (((int64_t)product * multiplier + half) >> shift) + layer->out_zero_point;
                output[channel] = (int8_t)(value < layer->low ? layer->low : value > 127 ? 127 : value);
            }
        }
    }
}
