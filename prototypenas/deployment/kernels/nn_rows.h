/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rows of a map lie in their ring. */
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "nn.h"

/* The rows a window reads, from the top one inside the map on. */
typedef struct {
    const int8_t *at, *ring, *end; /* the top row, the ring's first byte and the byte behind its last */
    uint32_t row_bytes;
} nn_source;

static inline uint32_t nn_input_bytes(const nn_descriptor *layer)
{
    return (uint32_t)layer->in_width * layer->in_channels;
}

static inline int8_t *nn_output_row(const nn_model *model, const nn_descriptor *layer, uint32_t row)
{
    return model->arena + layer->output + row % layer->out_rows * layer->out_width * layer->pixel_stride;
}

static inline nn_source nn_source_from(const nn_model *model, const nn_descriptor *layer, int32_t row)
{
    const uint32_t slot = row > 0 ? (uint32_t)row % layer->in_rows : 0;
    nn_source source;
    source.row_bytes = nn_input_bytes(layer);
    source.ring = model->arena + layer->input;
    source.end = source.ring + layer->in_rows * source.row_bytes;
    source.at = source.ring + slot * source.row_bytes;
    return source;
}

/* The row below: the ring's first behind its last. */
static inline const int8_t *nn_below(const nn_source *source, const int8_t *row)
{
    row += source->row_bytes;
    return row < source->end ? row : row - (source->end - source->ring);
}

/* Any row inside the map. */
static inline const int8_t *nn_ring_row(const nn_source *source, const nn_descriptor *layer, int32_t row)
{
    return source->ring + (uint32_t)row % layer->in_rows * source->row_bytes;
}

/* How many of `rows` rows from `row` on lie one behind the other in a ring. */
static inline uint32_t nn_unbroken(uint32_t row, uint32_t rows, uint32_t ring)
{
    const uint32_t rest = ring - row % ring;
    return rows < rest ? rows : rest;
}

#endif
