/* SPDX-License-Identifier: Apache-2.0 */
/* Rescaling of single values, and the walk over pixels whose distance may be wider than they are. */
#ifndef NN_ELEMENTWISE_H
#define NN_ELEMENTWISE_H

#include "nn.h"
#include "nn_arithmetic.h"

static inline int8_t nn_rescale(int32_t sum, const nn_descriptor *layer)
{
    const int64_t offset =
        (int64_t)(((uint64_t)(uint32_t)layer->as.rescale.offset_high << 32) | layer->as.rescale.offset_low);
    const int64_t value = ((int64_t)sum * layer->as.rescale.multiplier + offset) >> layer->as.rescale.shift;
    const int64_t shifted = value + layer->out_zero_point;
    return (int8_t)(shifted < layer->low ? layer->low : shifted > 127 ? 127 : shifted);
}

#endif
