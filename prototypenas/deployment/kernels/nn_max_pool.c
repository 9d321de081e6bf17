/* SPDX-License-Identifier: Apache-2.0 */
#include "nn_pool.h"
#include "nn_vectors.h"

/* The larger of each two bytes, in place of the first. */
static void nn_raise(int8_t *to, const int8_t *from, uint32_t count)
{
#if NN_VECTORS
    for (; count >= 16; count -= 16, to += 16, from += 16) {
        vstrbq_s8(to, vmaxq_s8(vldrbq_s8(to), vldrbq_s8(from)));
    }
#elif NN_PAIRS
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        nn_store(to, nn_larger(nn_load(from), nn_load(to)));
    }
#endif
    for (; count > 0; count--, to++, from++) {
        if (*from > *to) {
            *to = *from;
        }
    }
}

/* Maximum over a window, pixel by pixel; padding never wins. The output may cover what the window's first pixel held,
 * which is read first. */
void nn_max_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows)
{
    int32_t x;
    for (; rows > 0; rows--, row++) {
        int8_t *output = nn_output_row(model, layer, row);
        for (x = 0; x < layer->out_width; x++, output += layer->pixel_stride) {
            const nn_window window = nn_window_of(model, layer, row, x);
            const int8_t *above = window.first, *pixel = above;
            int32_t down = window.rows, right = window.columns;
            nn_move(output, pixel, layer->in_channels);
            while (down > 0) {
                while (--right > 0) {
                    pixel += window.pixel_bytes;
                    nn_raise(output, pixel, layer->in_channels);
                }
                if (--down > 0) {
                    above = nn_below(&window.source, above);
                    pixel = above;
                    nn_raise(output, pixel, layer->in_channels);
                    right = window.columns;
                }
            }
        }
    }
}
