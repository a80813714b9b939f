/*
 * Prints, tab-separated, one line for each field (struct, field, offset, size, kind), struct
 * (struct, -, size) and enumerator (name, value). Fails when the fields that it knows do not fill a
 * struct without a gap: one was added to abi.h and not to abi_fields.h, or there is padding.
 * Included by the C and the C++ program, which define KIND(type, field): i32, u32, i64, u64, f64,
 * str, or other for a pointer or array.
 */
#include <stdio.h>

static size_t end_of_last;
static int gaps;

static void field(const char *type, const char *name, size_t offset, size_t size,
                  const char *kind) {
  printf("%s\t%s\t%zu\t%zu\t%s\n", type, name, offset, size, kind);
  gaps += offset != end_of_last;
  end_of_last = offset + size;
}

static void end(const char *type, size_t size) {
  printf("%s\t-\t%zu\n", type, size);
  gaps += size != end_of_last;
}

int main(void) {
#define STRUCT(type) end_of_last = 0;
#define FIELD(type, name) \
  field(#type, #name, offsetof(type, name), sizeof(((type *)0)->name), KIND(type, name));
#define END(type) end(#type, sizeof(type));
#define VALUE(name) printf("%s\t%lld\n", #name, (long long)name);
#include "abi_fields.h"
  return gaps;
}
