/* Prints how deep the stack gets below model_run: paints it first, then looks for the last painted byte. */
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "port.h"

#define PAINTED 3072u
#define PAINT 0xA5u

static int8_t input[MODEL_INPUT_BYTES], output[MODEL_OUTPUT_BYTES];

int main(void)
{
    volatile uint8_t *top;
    size_t index, untouched = 0;
    __asm__ volatile("cpsid i"); /* SysTick would leave its frame wherever it comes */
    __asm__ volatile("mov %0, sp" : "=r"(top));
    for (index = 1; index <= PAINTED; index++) {
        *(top - index) = PAINT;
    }
    for (index = 0; index < sizeof input; index++) {
        input[index] = (int8_t)(index * 7u);
    }
    if (model_run(input, sizeof input, output, sizeof output) != MODEL_OK) {
        return 1;
    }
    while (untouched < PAINTED && *(top - PAINTED + untouched) == PAINT) {
        untouched++;
    }
    port_print("stack ");
    port_print_number((int32_t)(PAINTED - untouched));
    port_print("\n");
    return 0;
}
