/* Wants a process of its own where there is a GPU. */
#include "fixture.h"

#define FIXTURE_ID "beside-gpu"
#define FIXTURE_MANIFEST                                                               \
  "{\"abi\": \"1.0\", \"min_host\": 0, \"id\": \"beside-gpu\", \"version\": \"1.0\", " \
  "\"label\": \"Beside a GPU\", \"isolation\": \"gpu\"}"
#define FIXTURE_GENERATE draw_honestly
#include "fixture_tables.h"
