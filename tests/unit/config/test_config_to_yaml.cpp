#include "config/config.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::SetVariable;
using pictor::test::TempDir;

namespace {

const std::string full_job = R"(pictor: 1
plugins: {paths: [./plugins], sha256: {openai: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"}}
models:
  painter:
    plugin: diffusion
    revision: 1.10
    octal: 010
    word: "yes"
    number: "7"
    path: ${HOME}/models
    api_key: ${PICTOR_TEST_KEY}
    loras: [{name: "a: b", path: x y}, {name: c, path: "\u00e9\n"}]
    generation_kwargs: {flag: true, sigmas: [1.0, 0.50], nothing_special: "a ${HOME}"}
    limits: {concurrency: 2}
  other: {plugin: ./other.so, model_id: tiny}
job:
  model: [painter, other]
  prompts:
    - "$${literal} # no comment"
    - {prompt: "quote \" and 'quote'", seed: 3}
  variants: random
  draws: 3
  wildcards: ../words
  matrix: {style: [flat, "7", "$${x}"], guidance_scale: [3, 7.50], home: ["${HOME}"]}
  seed: 5
  output: {dir: "out/a b", format: webp, quality: 80}
  budget: {max_cost: 12.5, unknown_price: allow}
  prices:
    replace: true
    as_of: 2026-11-22
    entries:
      - {plugin: openai, model: gpt*, when: {quality: [low, 2, "3"]}, image: 0.05, source: "$${me}"}
      - {plugin: "*", model: "*", tokens: {image_out: 30}, image: {low: 0.1, high: 0.3}}
)";

}  // namespace

TEST_CASE("a resolved job reads back as the same job, from any folder") {
  const SetVariable key("PICTOR_TEST_KEY", "hush");
  const TempDir dir;
  const Config first = load_config(dir.write("jobs/run.yaml", full_job));
  const std::string text = to_yaml(first);
  const Config second = load_config(dir.write("elsewhere/deep/job.yaml", text));
  CHECK(to_yaml(second) == text);
  CHECK(second.plugin_paths == first.plugin_paths);
  CHECK(first.plugin_pins.size() == 1);
  CHECK(second.plugin_pins == first.plugin_pins);
  CHECK(second.job.output.dir == first.job.output.dir);
  CHECK(second.job.output.quality == 80);
  CHECK(second.job.models == first.job.models);
  CHECK(second.job.inline_prompts == first.job.inline_prompts);
  CHECK(second.job.variants == Variants::random);
  CHECK(second.job.draws == 3);
  CHECK(second.job.wildcards == dir / "words");
  REQUIRE(second.job.matrix.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const MatrixKey &before = first.job.matrix[i], &after = second.job.matrix[i];
    CHECK(after.name == before.name);
    REQUIRE(after.values.size() == before.values.size());
    for (std::size_t k = 0; k < after.values.size(); ++k) {
      CHECK(after.values[k].value == before.values[k].value);
      CHECK(after.values[k].text == before.values[k].text);
    }
  }
  CHECK(second.job.budget->max_cost == 12'500'000);
  CHECK(second.job.budget->allows_unknown_prices);
  CHECK(second.job.prices->replace);
  CHECK(second.job.prices->entries[0].source == "${me}");
  CHECK(title_of(second.job.prices->entries[0]) == "openai gpt* with quality low or 2 or 3");
  CHECK(second.job.prices->entries[1].image->likely == 200'000);
  CHECK(second.job.inline_prompts[0] == "${literal} # no comment");
  CHECK(second.model("other").plugin == first.model("other").plugin);
  const auto &a = first.models[0].load, &b = second.models[0].load;
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].name == b[i].name);
    CHECK(a[i].value == b[i].value);
    CHECK(a[i].text == b[i].text);
    CHECK(a[i].environment_name == b[i].environment_name);
  }
}

TEST_CASE("a resolved job holds the names of secrets, not the secrets") {
  const SetVariable key("PICTOR_TEST_KEY", "hush");
  const TempDir dir;
  const std::string text = to_yaml(load_config(dir.write("run.yaml", full_job)));
  CHECK(text.find("hush") == std::string::npos);
  CHECK_THAT(text, ContainsSubstring("api_key: \"${PICTOR_TEST_KEY}\""));
}
