/* elf.hardening: an address stands in its code, which the loader has to rewrite. */
#include "fixture.h"

__asm__(".text\n.balign 8\n.quad pictor_plugin_v1\n");

#define FIXTURE_ID "rewritten-code"
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
