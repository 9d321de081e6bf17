#include "nn.h"
#include "nn_arithmetic.h"

/* Nearest neighbour by the whole factor `kernel_height`; the output may run into the input from below. */
void nn_upsample(const nn_model *model, const nn_descriptor *layer)
{
    const uint32_t factor = layer->kernel_height, channels = layer->in_channels;
    const int8_t *input = model->arena + layer->input;
    int8_t *output = model->arena + layer->output;
    uint32_t y, x, channel;
    for (y = 0; y < layer->out_height; y++) {
        const int8_t *row = input + y / factor * layer->in_width * channels;
        for (x = 0; x < layer->out_width; x++, output += layer->pixel_stride) {
            const int8_t *pixel = row + x / factor * channels;
            for (channel = 0; channel < channels; channel++) {
                output[channel] = pixel[channel];
            }
        }
    }
}
