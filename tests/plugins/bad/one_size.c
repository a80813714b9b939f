/* draw.picture: takes a size and draws another. */
#include "fixture.h"

static uint32_t two_params(const pictor_plugin *self, const char *model_id) {
  (void)self, (void)model_id;
  return 2;
}

static const pictor_param_spec *sides(const pictor_plugin *self, const char *model_id,
                                      uint32_t index) {
  (void)self;
  static const pictor_value side = {
      .struct_size = sizeof side, .type = PICTOR_TYPE_INT, .i64 = 512};
  static const pictor_param_spec specs[] = {{.struct_size = sizeof *specs,
                                             .type = PICTOR_TYPE_INT,
                                             .scope = PICTOR_SCOPE_REQUEST,
                                             .id = "width",
                                             .doc = "Width of the picture.",
                                             .default_value = &side},
                                            {.struct_size = sizeof *specs,
                                             .type = PICTOR_TYPE_INT,
                                             .scope = PICTOR_SCOPE_REQUEST,
                                             .id = "height",
                                             .doc = "Height of the picture.",
                                             .default_value = &side}};
  return strcmp(model_id, "only") == 0 && index < 2 ? &specs[index] : NULL;
}

#define FIXTURE_ID "one-size"
#define FIXTURE_PARAM_COUNT two_params
#define FIXTURE_PARAM_SPEC sides
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
