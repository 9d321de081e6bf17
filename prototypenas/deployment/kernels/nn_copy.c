/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_arithmetic.h"
#include "nn_rows.h"

/* One input of a concatenation, or a part of a map: pixels of `out_channels` among `in_channels`. */
void nn_copy(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    for (; rows > 0; rows--, row++) {
        const int8_t *input = nn_source_from(model, layer, (int32_t)row).at;
        int8_t *output = nn_output_row(model, layer, row);
        uint32_t pixels = layer->out_width;
        for (; pixels > 0; pixels--, output += layer->pixel_stride, input += layer->in_channels) {
            nn_move(output, input, layer->out_channels);
        }
    }
}
