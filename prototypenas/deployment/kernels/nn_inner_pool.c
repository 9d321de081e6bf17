/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_elementwise.h"
#include "nn_pool.h"

/* The sum over a whole window, were its pixels outside the map as those inside are in the mean. */
static int32_t nn_whole(int32_t sum, int32_t inside, int32_t every, int32_t zero_point)
{
    const int32_t value = (sum - inside * zero_point) * every;
    const uint32_t twice = 2u * (uint32_t)(value < 0 ? -value : value);
    const int32_t rounded = (int32_t)((twice + (uint32_t)inside) / (2u * (uint32_t)inside));
    return (value < 0 ? -rounded : rounded) + every * zero_point;
}

/* Mean over the part of a window that lies in the map; the multiplier divides by the pixels of a whole window. */
void nn_inner_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const int32_t every = layer->kernel_height * layer->kernel_width;
    uint32_t channel;
    int32_t x;
    for (; rows > 0; rows--, row++) {
        int8_t *output = nn_output_row(model, layer, row);
        for (x = 0; x < layer->out_width; x++, output += layer->pixel_stride) {
            const nn_window window = nn_window_of(model, layer, row, x);
            const int32_t inside = window.rows * window.columns;
            for (channel = 0; channel < layer->in_channels; channel++) {
                const int32_t sum = nn_sum(&window, channel);
                const int32_t whole = inside == every ? sum : nn_whole(sum, inside, every, layer->in_zero_point);
                output[channel] = nn_rescale(whole, layer);
            }
        }
    }
}
