/*
 * Reaches every type of abi.h, so that abidw tells of all of them: a struct a function, and the
 * entry, whose types reach the rest.
 */
#include <pictor/abi.h>

#define PROBE(type)                              \
  PICTOR_EXPORT void probe_##type(const type *); \
  void probe_##type(const type *each) {          \
    (void)each;                                  \
  }
#define STRUCT(type)
#define FIELD(type, field)
#define END(type) PROBE(type)
#define VALUE(name)
#include "abi_fields.h"

const pictor_plugin *pictor_plugin_v1(void) {
  return NULL;
}
