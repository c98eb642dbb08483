#include "launch.h"

extern const char *const crunsharp_stage_range[2] __attribute__((visibility("hidden")));

const void *
crunsharp_stage(size_t *size)
{
	*size = (size_t)(crunsharp_stage_range[1] - crunsharp_stage_range[0]);
	return crunsharp_stage_range[0];
}
