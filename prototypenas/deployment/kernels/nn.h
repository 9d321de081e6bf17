/* SPDX-License-Identifier: Apache-2.0 */
/* Integer neural network kernels: what a model consists of and the kernels that execute it.
 *
 * Activations are int8, height x width x channels; convolution weights are (out, height, width, in), depthwise
 * weights (height, width, channels). The zero point of an input is folded into the biases, so padding reads it.
 *
 * A map lies in a ring of rows: row y at slot y modulo the rows of the ring. A whole map is the ring of its height. */
#ifndef NN_H
#define NN_H

#include <stdint.h>

/* Weights and columns are read by words, the first byte in the lowest bits. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernels are for little-endian machines"
#endif

typedef struct {
    union {
        struct {
            uint32_t weights;                         /* first weight, in bytes */
            uint32_t channels;                        /* first entry of biases, multipliers and shifts */
            uint16_t dilation_height, dilation_width; /* distance of two taps */
            uint32_t groups;                          /* of channels that see each other only */
        } dense;
        struct { /* ((left * left_multiplier + right * right_multiplier + offset) >> shift) + zero point */
            int32_t left_multiplier;
            int32_t right_multiplier;
            int32_t offset;
            int32_t shift;
        } add;
        struct { /* ((sum * multiplier + offset) >> shift) + zero point */
            int32_t multiplier;
            int32_t shift;
            uint32_t offset_low;
            int32_t offset_high;
        } rescale;
        struct { /* ((left * right * multiplier + 2^(shift - 1)) >> shift) + zero point */
            int32_t multiplier;
            int32_t shift;
            int32_t second_zero_point;
        } product;
    } as;
    uint32_t input; /* arena offsets, in bytes */
    uint32_t second;
    uint32_t output;
    uint16_t in_height, in_width, in_channels;
    uint16_t out_height, out_width, out_channels;
    uint16_t in_rows, second_rows, out_rows; /* of the rings the maps lie in */
    uint16_t pixel_stride; /* distance of two output pixels: more than out_channels inside a concatenation */
    uint16_t kernel_height, kernel_width;
    uint8_t stride_height, stride_width;
    uint8_t pad_top, pad_left;
    int8_t in_zero_point, out_zero_point;
    int8_t low;     /* least value written: a fused rectifier */
    uint8_t kernel; /* index into the model's table of kernels */
} nn_descriptor;

typedef char nn_descriptor_is_60_bytes[sizeof(nn_descriptor) == 60 ? 1 : -1];

typedef struct {
    const int8_t *weights;
    const int32_t *biases;
    const int32_t *multipliers;
    const uint8_t *shifts; /* less 32 */
    int8_t *arena;
    int8_t *scratch; /* 4-byte aligned */
} nn_model;

/* Makes `rows` output rows from `row` on; the input rows they need must lie in their ring. */
typedef void (*nn_kernel)(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);

void nn_convolution(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_pointwise(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_depthwise(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_fully_connected(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_add(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_copy(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_max_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_average_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_inner_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_global_pool(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_upsample(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_depth_to_space(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_lookup(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_multiply(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_shuffle(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_grouped(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);
void nn_requantize(const nn_model *model, const nn_descriptor *layer, uint32_t row, uint32_t rows);

#endif
