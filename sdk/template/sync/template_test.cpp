#include "template_model.hpp"

#include <cstdio>
#include <cstring>

namespace {

int failures = 0;

void check(bool condition, const char *what) {
  if (condition) return;
  std::printf("FAILED: %s\n", what);
  ++failures;
}

bool same(const pictor::Image &a, const pictor::Image &b) {
  return a.layout().size == b.layout().size &&
         std::memcmp(a.layout().data, b.layout().data, a.layout().size) == 0;
}

}  // namespace

int main() {
  const pictor::Params kwargs = pictor::Params::complete(
      TemplateModel::runtime_parameters(), PICTOR_SCOPE_REQUEST, pictor::Params().set("width", 32));
  TemplateModel model{pictor::Params()};

  const auto first = model.generate_outputs({"a fox", "an owl"}, 2, kwargs);
  const auto again = model.generate_outputs({"a fox"}, 1, kwargs);
  check(first.size() == 2 && first[0].size() == 2, "two prompts, two pictures each");
  check(first[0][0].layout().width == 32 && first[0][0].layout().height == 64,
        "the size asked for");
  check(same(first[0][0], again[0][0]), "same prompt and seed, same picture");
  check(!same(first[0][0], first[0][1]), "another seed, another picture");
  check(!same(first[0][0], first[1][0]), "another prompt, another picture");
  std::printf("%d failed\n", failures);
  return failures == 0 ? 0 : 1;
}
