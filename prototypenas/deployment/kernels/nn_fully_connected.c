#include "nn_channels.h"

/* Two words of weights against the unpacked inputs. */
#define NN_ROW(sum, from)                                                                                              \
    do {                                                                                                               \
        const uint32_t bytes = nn_load(from);                                                                          \
        sum = nn_multiply_pairs(nn_even(bytes), even, sum);                                                            \
        sum = nn_multiply_pairs(nn_odd(bytes), odd, sum);                                                              \
    } while (0)

static int32_t nn_dot(const int8_t *left, const int8_t *right, uint32_t count, int32_t sum)
{
    for (; count > 0; count--) {
        sum += *left++ * *right++;
    }
    return sum;
}

/* Linear layer over the flattened input: four rows at a time. */
void nn_fully_connected(const nn_model *model, const nn_descriptor *layer)
{
    const nn_channels channels = nn_channels_of(model, layer);
    const uint32_t row = (uint32_t)layer->in_height * layer->in_width * layer->in_channels, tail = row % 4;
    const int8_t *const input = model->arena + layer->input, *const end = input + (row - tail);
    const int8_t *w = channels.weights;
    int8_t *output = model->arena + layer->output;
    uint32_t channel = 0;
    for (; channel + 4 <= layer->out_channels; channel += 4, w += 3 * row + tail) {
        const int32_t *biases = channels.biases + channel, *multipliers = channels.multipliers + channel;
        const uint8_t *shifts = channels.shifts + channel;
        int32_t sum0 = biases[0], sum1 = biases[1], sum2 = biases[2], sum3 = biases[3];
        const int8_t *in = input;
        for (; in != end; in += 4, w += 4) {
            const uint32_t word = nn_load(in), even = nn_even(word), odd = nn_odd(word);
            NN_ROW(sum0, w);
            NN_ROW(sum1, w + row);
            NN_ROW(sum2, w + 2 * row);
            NN_ROW(sum3, w + 3 * row);
        }
        output[channel] = nn_narrow(nn_dot(in, w, tail, sum0), multipliers[0], shifts[0], &channels);
        output[channel + 1] = nn_narrow(nn_dot(in, w + row, tail, sum1), multipliers[1], shifts[1], &channels);
        output[channel + 2] = nn_narrow(nn_dot(in, w + 2 * row, tail, sum2), multipliers[2], shifts[2], &channels);
        output[channel + 3] = nn_narrow(nn_dot(in, w + 3 * row, tail, sum3), multipliers[3], shifts[3], &channels);
    }
    for (; channel < layer->out_channels; channel++, w += tail) {
        int32_t sum = channels.biases[channel];
        const int8_t *in = input;
        for (; in != end; in += 4, w += 4) {
            const uint32_t word = nn_load(in), even = nn_even(word), odd = nn_odd(word);
            NN_ROW(sum, w);
        }
        output[channel] =
            nn_narrow(nn_dot(in, w, tail, sum), channels.multipliers[channel], channels.shifts[channel], &channels);
    }
}
