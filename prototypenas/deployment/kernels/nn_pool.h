/* The part of a pooling window that lies in the map. */
#ifndef NN_POOL_H
#define NN_POOL_H

#include "nn.h"

typedef struct {
    const int8_t *first; /* first channel of the first pixel */
    int32_t rows, columns;
    uint32_t row_bytes, pixel_bytes;
} nn_window;

static inline nn_window nn_window_of(const nn_descriptor *layer, const int8_t *input, int32_t y, int32_t x)
{
    const int32_t top = y * layer->stride_height - layer->pad_top, left = x * layer->stride_width - layer->pad_left;
    const int32_t bottom = top + layer->kernel_height, right = left + layer->kernel_width;
    const int32_t first_row = top < 0 ? 0 : top, first_column = left < 0 ? 0 : left;
    nn_window window;
    window.rows = (bottom > layer->in_height ? layer->in_height : bottom) - first_row;
    window.columns = (right > layer->in_width ? layer->in_width : right) - first_column;
    window.pixel_bytes = layer->in_channels;
    window.row_bytes = (uint32_t)layer->in_width * layer->in_channels;
    window.first = input + (uint32_t)first_row * window.row_bytes + (uint32_t)first_column * window.pixel_bytes;
    return window;
}

#endif
