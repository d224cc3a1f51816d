// What one core does at most, in 10^9 operations a second: products that are added, from registers, and sums of what is loaded
// from the first- and the second-level cache. Prints a name and a figure a line.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#include <immintrin.h>
#endif

#if defined(__AVX512BW__)
#define WIDTH 64
#elif defined(__AVX2__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
#if defined(__aarch64__)
#define KEEP(v) __asm__ volatile("" : "+w"(v))
#else
#define KEEP(v) __asm__ volatile("" : "+x"(v))
#endif

typedef float floats __attribute__((vector_size(WIDTH)));
typedef signed char bytes __attribute__((vector_size(WIDTH)));
typedef short shorts __attribute__((vector_size(WIDTH)));

enum { steps = 20000, rounds = 40 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

/** Operations of a call by the fastest of some rounds: others slow down the rest. */
static void tell(const char *name, double operations, void (*call)(void)) {
  double least = 1e9;
  for (int round = 0; round < rounds; round++) {
    const double start = now();
    call();
    const double seconds = now() - start;
    if (seconds < least) least = seconds;
  }
  printf("%s %.1f\n", name, operations / least / 1e9);
}

/** A tile of 2 × 4 sums, as of a matrix product; the product is rounded before it is added. */
static void multiplyAdd(void) {
  floats sums[2][4] = {0}, x[2] = {0}, w[4] = {0};
  for (int i = 0; i < steps; i++) {
    for (int r = 0; r < 2; r++) KEEP(x[r]);
    for (int c = 0; c < 4; c++) KEEP(w[c]);
    for (int r = 0; r < 2; r++)
      for (int c = 0; c < 4; c++) sums[r][c] += x[r] * w[c];
  }
  for (int r = 0; r < 2; r++)
    for (int c = 0; c < 4; c++) KEEP(sums[r][c]);
}

#if defined(__AVX512VNNI__)
typedef __m512i integers;
#define DOT _mm512_dpbusd_epi32
#elif defined(__AVXVNNI__)
typedef __m256i integers;
#define DOT _mm256_dpbusd_avx_epi32
#endif
#ifdef DOT
static void dotBytes(void) {
  integers sums[2][4] = {0}, x[2] = {0}, w[4] = {0};
  for (int i = 0; i < steps; i++) {
    for (int r = 0; r < 2; r++) KEEP(x[r]);
    for (int c = 0; c < 4; c++) KEEP(w[c]);
    for (int r = 0; r < 2; r++)
      for (int c = 0; c < 4; c++) sums[r][c] = DOT(sums[r][c], x[r], w[c]);
  }
  for (int r = 0; r < 2; r++)
    for (int c = 0; c < 4; c++) KEEP(sums[r][c]);
}
#endif

static char *data;
static size_t size;

/** Adds up all vectors of the data, eight sums side by side. */
#define ADD_LOADED(name, vector)                                                                                                     \
  static void name(void) {                                                                                                           \
    vector sums[8] = {0};                                                                                                            \
    for (size_t at = 0; at < size; at += 8 * WIDTH)                                                                                  \
      for (int i = 0; i < 8; i++) sums[i] += *(const vector *)(data + at + i * WIDTH);                                               \
    for (int i = 0; i < 8; i++) KEEP(sums[i]);                                                                                       \
  }
ADD_LOADED(addBytes, bytes)
ADD_LOADED(addShorts, shorts)
ADD_LOADED(addFloats, floats)

int main(void) {
  enum { first = 16 << 10, second = 512 << 10 };
  if (posix_memalign((void **)&data, WIDTH, second)) return 1;
  memset(data, 0, second);
  tell("multiply-add", 8.0 * steps * WIDTH / 4, multiplyAdd);
#ifdef DOT
  tell("dot-bytes", 8.0 * steps * WIDTH, dotBytes);
#endif
  for (int level = 1; level <= 2; level++) {
    size = level == 1 ? first : second;
    char name[32];
    const struct { const char *type; int bytes; void (*call)(void); } all[] = {
      {"add-float32", 4, addFloats}, {"add-int16", 2, addShorts}, {"add-int8", 1, addBytes}};
    for (int i = 0; i < 3; i++) {
      snprintf(name, sizeof name, "%s-L%d", all[i].type, level);
      tell(name, (double)size / all[i].bytes, all[i].call);
    }
  }
  return 0;
}
