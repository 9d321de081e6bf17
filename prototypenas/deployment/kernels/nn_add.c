#include "nn_elementwise.h"

/* Sum of two maps; either may be overwritten by the output. */
void nn_add(const nn_model *model, const nn_descriptor *layer)
{
    const int32_t left_multiplier = layer->as.add.left_multiplier, right_multiplier = layer->as.add.right_multiplier;
    const int32_t offset = layer->as.add.offset, shift = layer->as.add.shift;
    const int32_t zero_point = layer->out_zero_point, low = layer->low;
    const int8_t *left = model->arena + layer->input, *right = model->arena + layer->second;
    int8_t *output = model->arena + layer->output;
    uint32_t pixels = (uint32_t)layer->out_height * layer->out_width, channel;
    for (; pixels > 0; pixels--, output += layer->pixel_stride) {
        for (channel = 0; channel < layer->out_channels; channel++) {
            const int32_t sum = *left++ * left_multiplier + *right++ * right_multiplier + offset;
            output[channel] = nn_clamp((sum >> shift) + zero_point, low);
        }
    }
}
