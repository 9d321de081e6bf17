/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a pooling window that lies in the map. */
#ifndef NN_POOL_H
#define NN_POOL_H

#include "nn_rows.h"

typedef struct {
    nn_source source;    /* of the window's rows */
    const int8_t *first; /* first channel of the first pixel */
    int32_t rows, columns;
    uint32_t pixel_bytes;
} nn_window;

static inline nn_window nn_window_of(const nn_model *model, const nn_descriptor *layer, uint32_t y, int32_t x)
{
    const int32_t top = (int32_t)(y * layer->stride_height) - layer->pad_top;
    const int32_t left = x * layer->stride_width - layer->pad_left;
    const int32_t bottom = top + layer->kernel_height, right = left + layer->kernel_width;
    const int32_t first_column = left < 0 ? 0 : left;
    nn_window window;
    window.source = nn_source_from(model, layer, top);
    window.rows = (bottom > layer->in_height ? layer->in_height : bottom) - (top < 0 ? 0 : top);
    window.columns = (right > layer->in_width ? layer->in_width : right) - first_column;
    window.pixel_bytes = layer->in_channels;
    window.first = window.source.at + (uint32_t)first_column * window.pixel_bytes;
    return window;
}

static inline int32_t nn_sum(const nn_window *window, uint32_t channel)
{
    const int8_t *row = window->first + channel;
    int32_t sum = 0, y, x;
    for (y = 0; y < window->rows; y++, row = nn_below(&window->source, row)) {
        const int8_t *pixel = row;
        for (x = 0; x < window->columns; x++, pixel += window->pixel_bytes) {
            sum += *pixel;
        }
    }
    return sum;
}

#endif
