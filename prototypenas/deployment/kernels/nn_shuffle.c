/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_rows.h"

/* Channels of `groups` groups by turns. */
void nn_shuffle(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    const uint32_t groups = layer->as.dense.groups, size = layer->in_channels / groups;
    for (; rows > 0; rows--, row++) {
        const int8_t *input = nn_source_from(model, layer, (int32_t)row).at;
        int8_t *output = nn_output_row(model, layer, row);
        uint32_t pixels = layer->out_width, group, channel;
        for (; pixels > 0; pixels--, output += layer->pixel_stride, input += layer->in_channels) {
            for (group = 0; group < groups; group++) {
                for (channel = 0; channel < size; channel++) {
                    output[channel * groups + group] = input[group * size + channel];
                }
            }
        }
    }
}
