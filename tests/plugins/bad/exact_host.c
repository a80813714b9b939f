/* load.host-grown: works with the host of its own day alone. */
#include "fixture.h"

static pictor_status init(const pictor_plugin *self, const pictor_host *table, const char *path,
                          pictor_error_sink error) {
  (void)self, (void)path, (void)error;
  host = table;
  return table->struct_size == sizeof *table ? PICTOR_OK : PICTOR_UNSUPPORTED;
}

#define FIXTURE_ID "exact-host"
#define FIXTURE_INIT init
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
