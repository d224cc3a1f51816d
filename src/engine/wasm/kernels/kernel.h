// What every kernel is written with: numbers by their size, the shared memory, and what makes a function a kernel.
//
// One source, compiled to WebAssembly by clang, and by gcc or clang for a processor. C as both know it: vector extensions,
// statement expressions. Bits decide: no fused multiply-add (-ffp-contract=off), no fast-math, and no sum whose order depends
// on the width of vectors.
#pragma once
#if !defined(__clang__) && __GNUC__ < 9
#error native kernels need GCC 9 or later, or Clang 13 or later
#endif
#include <stdbool.h>
#include <stdint.h>

/** GCC knows what builtins it has since version 10. */
#ifndef __has_builtin
#define __has_builtin(name) 0
#endif

typedef int8_t i8;
typedef uint8_t u8;
typedef int16_t i16;
typedef uint16_t u16;
typedef int32_t i32;
typedef uint32_t u32;
typedef int64_t i64;
typedef uint64_t u64;
typedef float f32;
typedef double f64;
/** Distances in memory: signed, as offsets of events may lead back. */
typedef intptr_t isize;

#define INLINE static inline __attribute__((always_inline))
/** A part of a kernel that is better called than repeated. */
#define APART static __attribute__((noinline, unused))

/** Repeats a statement for i = 0 … n − 1, written out: n is a constant, and arrays that i counts through are registers. */
#ifdef __clang__
#define EACH(i, n) _Pragma("clang loop unroll(full)") for (i32 i = 0; i < (n); i++)
#else
#define EACH(i, n) _Pragma("GCC unroll 64") for (i32 i = 0; i < (n); i++)
#endif

/** A loop that takes few rounds, or is long enough: to write more of it out would only take room. */
#ifdef __clang__
#define NO_UNROLLING _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define NO_UNROLLING
#endif

/** A loop that takes few rounds, as many each time: written out natively, as processors that foresee where loops end would be wrong. */
#if defined(__wasm__)
#define SHORT_LOOP NO_UNROLLING
#elif defined(__clang__)
#define SHORT_LOOP _Pragma("clang loop unroll(full)")
#else
#define SHORT_LOOP _Pragma("GCC unroll 64")
#endif

/** A loop whose rounds are independent of each other: the compiler makes vectors of them, as wide as it may. */
#ifdef __clang__
#define NEIGHBOURS _Pragma("clang loop vectorize(assume_safety)")
#else
#define NEIGHBOURS _Pragma("GCC ivdep")
#endif

/** A number or vector at any address. GCC before version 11 would take what is stored for a constant where it was one. */
#if defined(__clang__) || __GNUC__ < 11
#define LOAD(type, address)                              \
  ({                                                     \
    type loaded;                                         \
    __builtin_memcpy(&loaded, (address), sizeof loaded); \
    loaded;                                              \
  })
#define STORE(address, value)                            \
  ({                                                     \
    __typeof__(value) stored = (value);                  \
    __builtin_memcpy((address), &stored, sizeof stored); \
  })
#else
// GCC has a memcpy of 256 bits done in halves, by way of the stack, where AVX2 is the most that it may use. Clang makes the most of
// one: without, tables of gradients take half as long again in WebAssembly.
#define LOAD(type, address)                                                   \
  ({                                                                          \
    typedef __typeof__(type) anywhere __attribute__((aligned(1), may_alias)); \
    const type loaded = *(const anywhere *)(address);                         \
    loaded;                                                                   \
  })
#define STORE(address, value)                                                   \
  ({                                                                            \
    __auto_type stored = (value);                                               \
    typedef __typeof__(stored) anywhere __attribute__((aligned(1), may_alias)); \
    *(anywhere *)(address) = stored;                                            \
  })
#endif

/** Elements of an array. */
#define LENGTH(array) ((i32)(sizeof(array) / sizeof *(array)))

/** One name of two, the second as what it is defined as. */
#define JOIN(a, b) JOIN_WORDS(a, b)
#define JOIN_WORDS(a, b) a##b

/** The bits of a value as another type of its size. */
#define BITS(type, value) LOAD(type, &(__typeof__(value)[1]){value})

/**
 * V8 issues all loads of a basic block first; with 15 usable vector registers long unrolled bodies spill. So where that was
 * measured, an unrolled body ends in a branch that is never taken: on an address that no buffer has (the first page is reserved),
 * each on another one. In an EACH loop 256·i is taken away from the address, so that its rounds differ, too.
 */
#ifdef __wasm__
#define NEVER(address) ((uintptr_t)(address) == __COUNTER__ + 1)
#else
#define NEVER(address) 0
#endif
#define SEPARATE(address) \
  if (NEVER(address)) return
/** The same in a loop, which it would end: what is added up there is needed then, too, so that no addition is put off. */
#define SEPARATE_ROUND(address) \
  if (NEVER(address)) break

/** What was loaded before is loaded anew: keeps sums that wait in memory out of registers that are wanted for others. */
#define FORGET __asm__ volatile("" ::: "memory")

INLINE i32 min(i32 a, i32 b) { return a < b ? a : b; }
INLINE i32 max(i32 a, i32 b) { return a > b ? a : b; }

/** A thread's view: the shared memory, and its private part of it, which lies in it, too. */
typedef struct {
  u8 *base, *scratch;
} Memory;

/**
 * A kernel: `KERNEL(adam, Adam) { … }` has t, its descriptor as memory says it (see the build: addresses are pointers there,
 * null for address 0; `t.memory` is the thread's view), and lo and hi, the range of work. What is called is adam(descriptor, scratch,
 * lo, hi) in WebAssembly, where memory begins at 0, and natively adam(base, descriptor, scratch, lo, hi).
 */
#ifdef __wasm__
#define POINTER(memory, offset) ((u8 *)(uintptr_t)(offset))
#define ENTRY(name) __attribute__((export_name(#name), noinline)) void name(u32 descriptor, u32 scratch, i32 lo, i32 hi)
#define VIEW ((Memory){0, (u8 *)(uintptr_t)scratch})
#define CALL(name, memory, descriptor, lo, hi) name(descriptor, (u32)(uintptr_t)(memory).scratch, lo, hi)
#else
#define POINTER(memory, offset) ((offset) ? (memory).base + (offset) : (u8 *)0)
#define ENTRY(name) \
  __attribute__((visibility("default"), noinline)) void name(u8 *base, u32 descriptor, u32 scratch, i32 lo, i32 hi)
#define VIEW ((Memory){base, base + scratch})
#define CALL(name, memory, descriptor, lo, hi) name((memory).base, descriptor, (u32)((memory).scratch - (memory).base), lo, hi)
#endif
#define KERNEL(name, Descriptor)                                                                      \
  INLINE void name##Body(Descriptor t, i32 lo, i32 hi);                                               \
  ENTRY(name) { name##Body(read##Descriptor(VIEW, (const u32 *)POINTER(VIEW, descriptor)), lo, hi); } \
  INLINE void name##Body(Descriptor t, i32 lo, i32 hi)

#include "generated.h"
