#define CATCH_CONFIG_RUNNER
#include "support/other_main.hpp"

#include <catch2/catch.hpp>

int main(int argc, char **argv) {
  int code = 0;
  if (other_main != nullptr && other_main(argc, argv, &code)) return code;
  return Catch::Session().run(argc, argv);
}
