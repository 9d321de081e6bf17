#include "nn_elementwise.h"

/* Change of scale, or a rectifier of its own; the output may overwrite the input. */
void nn_requantize(const nn_model *model, const nn_descriptor *layer)
{
    const int8_t *input = model->arena + layer->input;
    int8_t *output = model->arena + layer->output;
    uint32_t pixels = (uint32_t)layer->out_height * layer->out_width, channel;
    for (; pixels > 0; pixels--, output += layer->pixel_stride) {
        for (channel = 0; channel < layer->out_channels; channel++) {
            output[channel] = nn_rescale(*input++, layer);
        }
    }
}
