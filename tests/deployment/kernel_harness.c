/* Runs single kernels on cases from standard input, each array in its own heap block so that sanitizers see its end. */
#include <stdio.h>
#include <stdlib.h>

#include "nn.h"

static const nn_kernel kernels[] = {NN_KERNELS}; /* all of them, by name */

static void *take(size_t size)
{
    void *block = malloc(size > 0 ? size : 1);
    if (block == NULL || fread(block, 1, size, stdin) != size) {
        exit(2);
    }
    return block;
}

int main(void)
{
    uint32_t sizes[6]; /* kernel, weight bytes, channels, arena bytes, scratch offset, layers */
    while (fread(sizes, sizeof sizes, 1, stdin) == 1) {
        nn_descriptor *layer = take(sizeof *layer);
        int8_t *weights = take(sizes[1]);
        int32_t *biases = take(4 * sizes[2]), *multipliers = take(4 * sizes[2]);
        uint8_t *shifts = take(sizes[2]);
        int8_t *arena = take(sizes[3]);
        nn_model model;
        model.weights = weights;
        model.biases = biases;
        model.multipliers = multipliers;
        model.shifts = shifts;
        model.arena = arena;
        model.scratch = arena + sizes[4];
        kernels[sizes[0]](&model, layer);
        if (fwrite(arena, 1, sizes[3], stdout) != sizes[3]) {
            return 3;
        }
        free(layer);
        free(weights);
        free(biases);
        free(multipliers);
        free(shifts);
        free(arena);
    }
    return 0;
}
