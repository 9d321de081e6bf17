#include "nn.h"
#include "nn_arithmetic.h"

/* One input of a concatenation. */
void nn_copy(const nn_model *model, const nn_descriptor *layer)
{
    const int8_t *input = model->arena + layer->input;
    int8_t *output = model->arena + layer->output;
    uint32_t pixels = (uint32_t)layer->out_height * layer->out_width;
    for (; pixels > 0; pixels--, output += layer->pixel_stride, input += layer->in_channels) {
        memcpy(output, input, layer->in_channels);
    }
}
