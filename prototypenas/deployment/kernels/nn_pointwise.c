#include "nn_gemm.h"

/* 1x1 convolution without stride: a pixel is its own column. */
void nn_pointwise(const nn_model *model, const nn_descriptor *layer)
{
    const nn_channels channels = nn_channels_of(model, layer);
    const int8_t *input = model->arena + layer->input;
    int8_t *output = model->arena + layer->output;
    uint32_t *columns = (uint32_t *)(void *)model->scratch;
    uint32_t rest = (uint32_t)layer->out_height * layer->out_width;
    while (rest > 0) {
        const uint32_t pixels = rest > 1 ? 2 : 1;
        nn_column column = {columns, 0, 0};
        uint32_t pixel;
        for (pixel = 0; pixel < pixels; pixel++) {
            nn_append(&column, input, 4, layer->in_channels);
            nn_flush(&column);
            input += layer->in_channels;
        }
        nn_gemm(layer, &channels, columns, pixels, output);
        output += pixels * layer->pixel_stride;
        rest -= pixels;
    }
}
