/*
 * Prints, tab-separated, one line for each field (struct, field, offset, size), struct (struct, -,
 * size) and enumerator. Fails when the fields that it knows do not fill a struct without a gap: one
 * was added to abi.h and not to abi_fields.h, or there is padding. Included by the C and the C++
 * program.
 */
#include <pictor/abi.h>

#include <stdio.h>

static size_t end_of_last;
static int gaps;

static void field(const char *type, const char *name, size_t offset, size_t size) {
  printf("%s\t%s\t%zu\t%zu\n", type, name, offset, size);
  gaps += offset != end_of_last;
  end_of_last = offset + size;
}

static void end(const char *type, size_t size) {
  printf("%s\t-\t%zu\n", type, size);
  gaps += size != end_of_last;
}

int main(void) {
#define STRUCT(type) end_of_last = 0;
#define FIELD(type, name) field(#type, #name, offsetof(type, name), sizeof(((type *)0)->name));
#define END(type) end(#type, sizeof(type));
#define VALUE(name) printf("%s\t%lld\n", #name, (long long)name);
#include "abi_fields.h"
  return gaps;
}
