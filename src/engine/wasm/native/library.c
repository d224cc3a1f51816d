// The kernels as a module of Node's: open(memory) makes an object with a function for each, which take (descriptor, scratch,
// lo, hi) as those of WebAssembly do. Addresses are counted from the beginning of that memory, which the caller keeps as long
// as the functions. The build writes kernels.h: KERNELS(X) is X(name) for each of them.
#include "kernels.h"

#include "node_api.h"
#include <stdlib.h>
#include <sys/mman.h>
#ifdef MATRICES
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/** Asks Linux for tiles, where the processor has them and multiplies bytes by them. They are this process's then, whatever thread asked. */
static bool grantTiles(void) {
  enum { requestPermission = 0x1023, tileData = 18, hasTiles = 1 << 24, hasByteProducts = 1 << 25 };
  u32 a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & hasTiles) || !(d & hasByteProducts)) return false;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}
#endif

typedef void (*Run)(u8 *base, u32 descriptor, u32 scratch, i32 lo, i32 hi);

/** A kernel, and the memory that it works on. */
typedef struct {
  Run run;
  u8 *base;
} Bound;

static napi_value call(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  void *data;
  u32 descriptor, scratch;
  i32 lo, hi;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, &data) == napi_ok && count == 4 &&
      napi_get_value_uint32(env, arguments[0], &descriptor) == napi_ok &&
      napi_get_value_uint32(env, arguments[1], &scratch) == napi_ok &&
      napi_get_value_int32(env, arguments[2], &lo) == napi_ok && napi_get_value_int32(env, arguments[3], &hi) == napi_ok) {
    const Bound *bound = data;
    bound->run(bound->base, descriptor, scratch, lo, hi);
  } else {
    napi_throw_type_error(env, NULL, "a kernel takes two addresses and two numbers");
  }
  return NULL;
}

static void release(napi_env env, void *bound, void *hint) { free(bound); }

static int add(napi_env env, napi_value object, const char *name, Run run, u8 *base) {
  Bound *bound = malloc(sizeof *bound);
  napi_value function;
  if (bound == NULL) return 0;
  *bound = (Bound){run, base};
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call, bound, &function) != napi_ok ||
      napi_add_finalizer(env, function, bound, release, NULL, NULL) != napi_ok) {
    free(bound);
    return 0;
  }
  return napi_set_named_property(env, object, name, function) == napi_ok;
}

/** The bytes that a function is called with. @returns NULL, and JavaScript an error, if it isn't */
static u8 *bytesOf(napi_env env, napi_callback_info info, size_t *length) {
  size_t count = 1;
  napi_value memory;
  napi_typedarray_type type;
  void *base = NULL;
  if (napi_get_cb_info(env, info, &count, &memory, NULL, NULL) == napi_ok && count == 1 &&
      napi_get_typedarray_info(env, memory, &type, length, &base, NULL, NULL) == napi_ok && type == napi_uint8_array &&
      base != NULL)
    return base;
  napi_throw_type_error(env, NULL, "kernels take a memory");
  return NULL;
}

static napi_value use_large_pages(napi_env env, napi_callback_info info) {
  size_t length;
  u8 *base = bytesOf(env, info, &length);
#ifdef MADV_HUGEPAGE
  if (base != NULL) madvise(base, length, MADV_HUGEPAGE);
#endif
  return NULL;
}

static napi_value open_kernels(napi_env env, napi_callback_info info) {
  size_t length;
  napi_value object;
  u8 *base = bytesOf(env, info, &length);
  if (base == NULL) return NULL;
  int done = napi_create_object(env, &object) == napi_ok;
#define ADD(name) done = done && add(env, object, #name, name, base);
  KERNELS(ADD)
#undef ADD
  if (!done) napi_throw_error(env, NULL, "there is no memory for kernels");
  return object;
}

NAPI_MODULE_INIT() {
  napi_value open, largePages, multiplies;
  bool matrices = false;
#ifdef MATRICES
  matrices = tilesGranted = grantTiles();
#endif
  if (napi_get_boolean(env, matrices, &multiplies) != napi_ok ||
      napi_set_named_property(env, exports, "matrices", multiplies) != napi_ok ||
      napi_create_function(env, "open", NAPI_AUTO_LENGTH, open_kernels, NULL, &open) != napi_ok ||
      napi_set_named_property(env, exports, "open", open) != napi_ok ||
      napi_create_function(env, "useLargePages", NAPI_AUTO_LENGTH, use_large_pages, NULL, &largePages) != napi_ok ||
      napi_set_named_property(env, exports, "useLargePages", largePages) != napi_ok)
    return NULL;
  return exports;
}
