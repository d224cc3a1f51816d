// Shuffles for GCC before version 12, which has them by a mask alone, and of as many lanes as are given.
#pragma once
#include "kernel.h"

#if !defined(__clang__) && !__has_builtin(__builtin_shufflevector)

/** An integer of a type's size. */
#define INTEGER_LIKE(type)          \
  __typeof__(__builtin_choose_expr( \
      sizeof(type) == 1, (i8)0,     \
      __builtin_choose_expr(sizeof(type) == 2, (i16)0, __builtin_choose_expr(sizeof(type) == 4, (i32)0, (i64)0))))

/** Lanes of a and b by their places, which are constants: at most as many as a and b have. */
#define __builtin_shufflevector(a, b, ...)                                                   \
  ({                                                                                         \
    const __typeof__(a) both[] = {(a), (b)};                                                 \
    typedef __typeof__(both[0][0]) Lane;                                                     \
    enum { asked = sizeof((u8[]){__VA_ARGS__}) * sizeof(Lane), given = sizeof both[0] };     \
    typedef Lane Asked __attribute__((vector_size(asked)));                                  \
    typedef Lane Longer __attribute__((vector_size(asked > given ? asked : given)));         \
    typedef INTEGER_LIKE(Lane) Places __attribute__((vector_size(sizeof(Longer))));          \
    /* Where more lanes are asked for than one of them has, both are read as one vector. */  \
    const Longer first = LOAD(Longer, both), second = LOAD(Longer, both + (asked <= given)); \
    const Longer shuffled = __builtin_shuffle(first, second, (Places){__VA_ARGS__});         \
    LOAD(Asked, &shuffled);                                                                  \
  })
#endif
