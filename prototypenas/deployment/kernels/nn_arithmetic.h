/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic all kernels share: pairs of int16 in one word, and requantization with a single rounding. */
#ifndef NN_ARITHMETIC_H
#define NN_ARITHMETIC_H

#include <stdint.h>
#include <string.h>

/* Whether bytes are multiplied by vectors of 16, as the M-profile vector extension does. */
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define NN_VECTORS 1
#else
#define NN_VECTORS 0
#endif

/* Whether bytes are multiplied in pairs, as the DSP extension does; without it one after the other takes less. */
#ifndef NN_PAIRS
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && !NN_VECTORS
#define NN_PAIRS 1
#else
#define NN_PAIRS 0
#endif
#endif

/* Compiled for firmware that traps unaligned access: most words are aligned all the same. */
#if NN_PAIRS && defined(__ARM_ARCH) && !defined(__ARM_FEATURE_UNALIGNED)
#define NN_TRAPPED 1
#else
#define NN_TRAPPED 0
#endif

/* One load where the core allows unaligned access, byte loads where it does not. */
static inline uint32_t nn_load(const int8_t *from)
{
    uint32_t word;
#if NN_TRAPPED
    if (((uintptr_t)from & 3u) == 0) {
        __builtin_memcpy(&word, __builtin_assume_aligned(from, 4), 4);
        return word;
    }
#endif
    __builtin_memcpy(&word, from, 4);
    return word;
}

static inline void nn_store(int8_t *to, uint32_t word)
{
    __builtin_memcpy(to, &word, 4);
}

/* Copies a few bytes, without the call that each would cost. */
static inline void nn_move(int8_t *to, const int8_t *from, uint32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        nn_store(to, nn_load(from));
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

/* Keeps the compiler from loading ahead what there are no registers for. */
#if defined(__GNUC__) || defined(__clang__)
#define NN_IN_ORDER() __asm__ volatile("" ::: "memory")
#else
#define NN_IN_ORDER() ((void)0)
#endif

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
static inline uint32_t nn_even(uint32_t bytes) /* bytes 0 and 2 as int16 */
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

static inline uint32_t nn_odd(uint32_t bytes) /* bytes 1 and 3 as int16 */
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

static inline int32_t nn_multiply_pairs(uint32_t left, uint32_t right, int32_t sum)
{
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(left), "r"(right));
    return sum;
}

static inline int32_t nn_multiply_low(uint32_t left, uint32_t right, int32_t sum)
{
    __asm__("smlabb %0, %1, %2, %0" : "+r"(sum) : "r"(left), "r"(right));
    return sum;
}

static inline int32_t nn_multiply_high(uint32_t left, uint32_t right, int32_t sum)
{
    __asm__("smlatt %0, %1, %2, %0" : "+r"(sum) : "r"(left), "r"(right));
    return sum;
}

static inline int32_t nn_product_high(int32_t left, int32_t right) /* (left * right) >> 32 */
{
    int32_t result;
    __asm__("smmul %0, %1, %2" : "=r"(result) : "r"(left), "r"(right));
    return result;
}

static inline int32_t nn_saturate_half(int32_t value) /* value / 2, rounded down, within int8 */
{
    int32_t result;
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(result) : "r"(value));
    return result;
}

static inline uint32_t nn_larger(uint32_t left, uint32_t right) /* the larger of each two int8 */
{
    uint32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(left), "r"(right));
    return result;
}
#else
static inline int32_t nn_low(uint32_t pair)
{
    return (int16_t)(uint16_t)pair;
}

static inline int32_t nn_high(uint32_t pair)
{
    return (int16_t)(uint16_t)(pair >> 16);
}

static inline uint32_t nn_pair(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | ((uint32_t)high << 16);
}

static inline uint32_t nn_even(uint32_t bytes)
{
    return nn_pair((int8_t)(uint8_t)bytes, (int8_t)(uint8_t)(bytes >> 16));
}

static inline uint32_t nn_odd(uint32_t bytes)
{
    return nn_pair((int8_t)(uint8_t)(bytes >> 8), (int8_t)(uint8_t)(bytes >> 24));
}

static inline int32_t nn_multiply_pairs(uint32_t left, uint32_t right, int32_t sum)
{
    return sum + nn_low(left) * nn_low(right) + nn_high(left) * nn_high(right);
}

static inline int32_t nn_multiply_low(uint32_t left, uint32_t right, int32_t sum)
{
    return sum + nn_low(left) * nn_low(right);
}

static inline int32_t nn_multiply_high(uint32_t left, uint32_t right, int32_t sum)
{
    return sum + nn_high(left) * nn_high(right);
}

#if defined(__ARM_ARCH_6M__)
/* Without a long multiplication: four products of halves. */
static inline int32_t nn_product_high(int32_t left, int32_t right)
{
    const int32_t left_high = left >> 16, right_high = right >> 16;
    const uint32_t left_low = (uint32_t)left & 0xFFFFu, right_low = (uint32_t)right & 0xFFFFu;
    const int32_t first = left_high * (int32_t)right_low + (int32_t)((left_low * right_low) >> 16);
    const int32_t second = (int32_t)left_low * right_high + (first & 0xFFFF);
    return left_high * right_high + (first >> 16) + (second >> 16);
}
#else
static inline int32_t nn_product_high(int32_t left, int32_t right)
{
    return (int32_t)(((int64_t)left * right) >> 32);
}
#endif

static inline int32_t nn_saturate_half(int32_t value)
{
    value >>= 1;
    return value < -128 ? -128 : value > 127 ? 127 : value;
}

static inline uint32_t nn_larger(uint32_t left, uint32_t right)
{
    uint32_t result = 0, lane;
    for (lane = 0; lane < 32; lane += 8) {
        const int32_t one = (int8_t)(uint8_t)(left >> lane), other = (int8_t)(uint8_t)(right >> lane);
        result |= (uint32_t)(uint8_t)(one > other ? one : other) << lane;
    }
    return result;
}
#endif

/* What one layer's channels are brought to int8 with; weights, biases, multipliers, shifts advance together. */
typedef struct {
    const int8_t *weights;
    const int32_t *biases;
    const int32_t *multipliers;
    const uint8_t *shifts;
    int32_t offset; /* 2 * zero point + 1 */
    int32_t low;
} nn_channels;

/* (sum * multiplier + 2^(s - 1)) >> s with s = shift + 32, plus zero point, within [low, 127]: one rounding only,
 * since floor(floor(a / 2^(s - 1)) / 2 + 1 / 2) is the rounded a / 2^s. |sum| < 2^30. */
static inline int32_t nn_narrow(int32_t sum, int32_t multiplier, uint32_t shift, const nn_channels *channels)
{
    int32_t value = nn_product_high(sum + sum, multiplier) >> shift;
    value = nn_saturate_half(value + channels->offset);
    return value < channels->low ? channels->low : value;
}

static inline int8_t nn_clamp(int32_t value, int32_t low)
{
    value = value < low ? low : value;
    return (int8_t)(value > 127 ? 127 : value);
}

#endif
