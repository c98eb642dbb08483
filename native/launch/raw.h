/*
 * Calls for a child that shares its parent's memory: errno is the parent's, so it
 * may not be written, and libc's wrappers would.
 */
#ifndef CRUN_SHARP_RAW_H
#define CRUN_SHARP_RAW_H

#include <stdint.h>

#if defined(__x86_64__)

static inline long
raw_call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

/* clone3 with a stack of its own: the child can only go on in a function that does not return. */
static inline long
raw_clone3(void *arguments, long size, void (*child)(void *), void *argument)
{
	register void (*r8)(void *) __asm__("r8") = child;
	register void *r9 __asm__("r9") = argument;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r9, %%rdi\n\t"
			 "call *%%r8\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"(435L), "D"(arguments), "S"(size), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

#elif defined(__aarch64__)

static inline long
raw_call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}

static inline long
raw_clone3(void *arguments, long size, void (*child)(void *), void *argument)
{
	register long x8 __asm__("x8") = 435;
	register void *x0 __asm__("x0") = arguments;
	register long x1 __asm__("x1") = size;
	register void (*x9)(void *) __asm__("x9") = child;
	register void *x10 __asm__("x10") = argument;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x10\n\t"
			 "blr x9\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x9), "r"(x10)
			 : "x30", "memory", "cc");
	return (long)x0;
}

#else
#error "the launch knows x86_64 and aarch64"
#endif

#endif
