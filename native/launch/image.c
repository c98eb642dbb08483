/* The native stage, as bytes of this file: no reader, no copy; its pages are touched when it is written out. */
#include "launch.h"

__asm__(".pushsection .rodata, \"a\"\n"
	".balign 4096\n"
	".hidden crunsharp_stage_begin\n"
	".globl crunsharp_stage_begin\n"
	"crunsharp_stage_begin:\n"
	".incbin \"crun-sharp-stage\"\n"
	".hidden crunsharp_stage_end\n"
	".globl crunsharp_stage_end\n"
	"crunsharp_stage_end:\n"
	".popsection\n");

extern const char crunsharp_stage_begin[] __attribute__((visibility("hidden")));
extern const char crunsharp_stage_end[] __attribute__((visibility("hidden")));

const void *
crunsharp_stage(size_t *size)
{
	*size = (size_t)(crunsharp_stage_end - crunsharp_stage_begin);
	return crunsharp_stage_begin;
}
