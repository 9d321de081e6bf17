/* Gives the raw outputs of inputs.bin to model_detect, on this machine or emulated: for each case a capacity, then all
 * levels' bytes. A count and the records of each go to outputs.bin; a write beyond the capacity ends with an error. */
#include <stdint.h>

#include "detection.h"
#include "model.h"
#include "port.h"

enum { ROOM = DETECTION_MOST + 8, UNTOUCHED = 0x5A };

static union {
    detection_t boxes[ROOM];
    int8_t bytes[ROOM * sizeof(detection_t)];
} found;
static union {
    uint32_t value;
    int8_t bytes[sizeof(uint32_t)];
} number;
static int8_t outputs[MODEL_OUTPUT_BYTES];
static const size_t sizes[MODEL_OUTPUTS] = {MODEL_OUTPUT_0_BYTES, MODEL_OUTPUT_1_BYTES, MODEL_OUTPUT_2_BYTES};

const int8_t *model_output(uint32_t level)
{
    size_t offset = 0;
    uint32_t before;
    for (before = 0; before < level; before++) {
        offset += sizes[before];
    }
    return outputs + offset;
}

static int detect(uint32_t capacity)
{
    size_t place, count;
    for (place = 0; place < sizeof found.bytes; place++) {
        found.bytes[place] = UNTOUCHED;
    }
    count = model_detect(found.boxes, capacity);
    for (place = capacity * sizeof(detection_t); place < sizeof found.bytes; place++) {
        if (found.bytes[place] != UNTOUCHED) {
            return 0;
        }
    }
    number.value = (uint32_t)count;
    return port_write(number.bytes, sizeof number.bytes) && port_write(found.bytes, count * sizeof(detection_t));
}

int main(void)
{
    if (!port_open()) {
        return 1;
    }
    while (port_read(number.bytes, sizeof number.bytes)) {
        if (!port_read(outputs, sizeof outputs) || !detect(number.value)) {
            return 1;
        }
    }
    port_close();
    return 0;
}
