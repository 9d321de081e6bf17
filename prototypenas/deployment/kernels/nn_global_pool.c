/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_elementwise.h"
#include "nn_rows.h"

/* Mean over a map whose rows come one after the other: `rows` are rows of the input. The sums so far are words at
 * `second`; the last row makes the mean of them. */
void nn_global_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    for (; rows > 0; rows--, row++) {
        const int8_t *input = nn_source_from(model, layer, (int32_t)row).at;
        int8_t *sums = model->arena + layer->second, *output = model->arena + layer->output;
        uint32_t channel;
        for (channel = 0; channel < layer->in_channels; channel++, input++, sums += 4) {
            int32_t sum = row > 0 ? (int32_t)nn_load(sums) : 0;
            const int8_t *pixel = input;
            uint32_t x;
            for (x = 0; x < layer->in_width; x++, pixel += layer->in_channels) {
                sum += *pixel;
            }
            nn_store(sums, (uint32_t)sum);
            if (row + 1u == layer->in_height) {
                output[channel] = nn_rescale(sum, layer);
            }
        }
    }
}
