/* Runs single kernels on cases from standard input, each array in its own heap block so that sanitizers see its end.
 * Every call is preceded by copies into the arena, rows of input for the rings, and followed by the whole arena. */
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

/* Rows as `first, count, copies`, each copy as `offset, size` and its bytes. */
static int call(nn_kernel kernel, const nn_model *model, const nn_descriptor *layer, uint32_t arena_bytes)
{
    uint32_t rows[3], copy[2];
    if (fread(rows, sizeof rows, 1, stdin) != 1) {
        return 0;
    }
    for (; rows[2] > 0; rows[2]--) {
        if (fread(copy, sizeof copy, 1, stdin) != 1 || copy[0] + copy[1] > arena_bytes ||
            fread(model->arena + copy[0], 1, copy[1], stdin) != copy[1]) {
            return 0;
        }
    }
    kernel(model, layer, rows[0], rows[1]);
    return fwrite(model->arena, 1, arena_bytes, stdout) == arena_bytes;
}

int main(void)
{
    uint32_t sizes[6]; /* kernel, weight bytes, channels, arena bytes, scratch offset, calls */
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
        for (; sizes[5] > 0; sizes[5]--) {
            if (!call(kernels[sizes[0]], &model, layer, sizes[3])) {
                return 3;
            }
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
