/* Which function carries out which kind. */
#include "stage.h"

static const step_function functions[STEP_KIND_COUNT] = {
	[STEP_NONE] = NULL,
};

step_function
step_of(uint32_t kind)
{
	return kind < STEP_KIND_COUNT ? functions[kind] : NULL;
}
