/* SPDX-License-Identifier: Apache-2.0 */
/* Where a layer's weights, biases, multipliers and shifts begin. */
#ifndef NN_CHANNELS_H
#define NN_CHANNELS_H

#include "nn.h"
#include "nn_arithmetic.h"

static inline nn_channels nn_channels_of(const nn_model *model, const nn_descriptor *layer)
{
    nn_channels channels;
    channels.weights = model->weights + layer->as.dense.weights;
    channels.biases = model->biases + layer->as.dense.channels;
    channels.multipliers = model->multipliers + layer->as.dense.channels;
    channels.shifts = model->shifts + layer->as.dense.channels;
    channels.offset = 2 * layer->out_zero_point + 1;
    channels.low = layer->low;
    return channels;
}

#endif
