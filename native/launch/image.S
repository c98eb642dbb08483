/* The native stage, as bytes of this file: no reader, no copy, mapped when it is first written out. */
	.section .rodata, "a", %progbits
	.balign 4096
crunsharp_stage_begin:
	.incbin STAGE
crunsharp_stage_end:

	.section .data.rel.ro, "aw", %progbits
	.balign 8
	.globl crunsharp_stage_range
	.hidden crunsharp_stage_range
crunsharp_stage_range:
	.quad crunsharp_stage_begin
	.quad crunsharp_stage_end

	.section .note.GNU-stack, "", %progbits
