/* load.host-end: copies the host's table as it will be one day. */
#include "fixture.h"

static struct {
  pictor_host known;
  void *of_a_later_minor[8];
} copy;

static pictor_status init(const pictor_plugin *self, const pictor_host *table, const char *path,
                          pictor_error_sink error) {
  (void)self, (void)path, (void)error;
  volatile const char *from = (volatile const char *)table;
  for (size_t i = 0; i < sizeof copy; ++i) ((char *)&copy)[i] = from[i];
  host = table;
  return PICTOR_OK;
}

#define FIXTURE_ID "reads-beyond-host"
#define FIXTURE_INIT init
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
