/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_arithmetic.h"
#include "nn_pool.h"

static int8_t nn_largest(const nn_window *window, uint32_t channel)
{
    const int8_t *row = window->first + channel;
    int32_t largest = -128, y, x;
    for (y = 0; y < window->rows; y++, row = nn_below(&window->source, row)) {
        const int8_t *pixel = row;
        for (x = 0; x < window->columns; x++, pixel += window->pixel_bytes) {
            largest = *pixel > largest ? *pixel : largest;
        }
    }
    return (int8_t)largest;
}

#if NN_PAIRS
static uint32_t nn_largest_four(const nn_window *window, uint32_t channel)
{
    const int8_t *row = window->first + channel;
    uint32_t largest = 0x80808080u;
    int32_t y, x;
    for (y = 0; y < window->rows; y++, row = nn_below(&window->source, row)) {
        const int8_t *pixel = row;
        for (x = 0; x < window->columns; x++, pixel += window->pixel_bytes) {
            largest = nn_larger(nn_load(pixel), largest);
        }
    }
    return largest;
}
#endif

/* Maximum over a window; padding never wins. */
void nn_max_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    uint32_t channel;
    int32_t x;
    for (; rows > 0; rows--, row++) {
        int8_t *output = nn_output_row(model, layer, row);
        for (x = 0; x < layer->out_width; x++, output += layer->pixel_stride) {
            const nn_window window = nn_window_of(model, layer, row, x);
            channel = 0;
#if NN_PAIRS
            for (; channel + 4 <= layer->in_channels; channel += 4) {
                nn_store(output + channel, nn_largest_four(&window, channel));
            }
#endif
            for (; channel < layer->in_channels; channel++) {
                output[channel] = nn_largest(&window, channel);
            }
        }
    }
}
