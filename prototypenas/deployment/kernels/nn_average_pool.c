#include "nn_elementwise.h"
#include "nn_pool.h"

static int32_t nn_sum(const nn_window *window, uint32_t channel)
{
    const int8_t *row = window->first + channel;
    int32_t sum = 0, y, x;
    for (y = 0; y < window->rows; y++, row += window->row_bytes) {
        const int8_t *pixel = row;
        for (x = 0; x < window->columns; x++, pixel += window->pixel_bytes) {
            sum += *pixel;
        }
    }
    return sum;
}

/* Mean over a window, or over the whole map; the multiplier divides by the number of pixels. */
void nn_average_pool(const nn_model *model, const nn_descriptor *layer)
{
    const int8_t *input = model->arena + layer->input;
    int8_t *output = model->arena + layer->output;
    uint32_t channel;
    int32_t y, x;
    for (y = 0; y < layer->out_height; y++) {
        for (x = 0; x < layer->out_width; x++, output += layer->pixel_stride) {
            const nn_window window = nn_window_of(layer, input, y, x);
            for (channel = 0; channel < layer->in_channels; channel++) {
                output[channel] = nn_rescale(nn_sum(&window, channel), layer);
            }
        }
    }
}
