/* Gives the raw outputs of stdin to model_detect: for each case a capacity, then all levels' bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "detection.h"
#include "model.h"

static int8_t outputs[MODEL_OUTPUT_BYTES];
static const size_t sizes[MODEL_OUTPUTS] = {MODEL_OUTPUT_0_BYTES, MODEL_OUTPUT_1_BYTES, MODEL_OUTPUT_2_BYTES};

const int8_t *model_output(uint32_t number)
{
    size_t offset = 0;
    uint32_t level;
    for (level = 0; level < number; level++) {
        offset += sizes[level];
    }
    return outputs + offset;
}

int main(void)
{
    uint32_t capacity;
    while (fread(&capacity, sizeof capacity, 1, stdin) == 1) {
        /* Exactly as much as allowed, so that the sanitizer sees every byte beyond. */
        detection_t *found = malloc(capacity * sizeof *found + 1);
        uint32_t count;
        if (found == NULL || fread(outputs, 1, sizeof outputs, stdin) != sizeof outputs) {
            return 1;
        }
        count = (uint32_t)model_detect(found, capacity);
        (void)fwrite(&count, sizeof count, 1, stdout);
        (void)fwrite(found, sizeof *found, count, stdout);
        free(found);
    }
    return 0;
}
