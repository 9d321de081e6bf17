/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_elementwise.h"
#include "nn_pool.h"

/* Mean over a window, or over the whole map; the multiplier divides by the number of pixels. */
void nn_average_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    uint32_t channel;
    int32_t x;
    for (; rows > 0; rows--, row++) {
        int8_t *output = nn_output_row(model, layer, row);
        for (x = 0; x < layer->out_width; x++, output += layer->pixel_stride) {
            const nn_window window = nn_window_of(model, layer, row, x);
            for (channel = 0; channel < layer->in_channels; channel++) {
                output[channel] = nn_rescale(nn_sum(&window, channel), layer);
            }
        }
    }
}
