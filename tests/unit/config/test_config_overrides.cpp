#include "base/error.hpp"
#include "config/config.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

const std::string job_file =
    "pictor: 1\n"
    "models:\n"
    "  painter:\n"
    "    plugin: diffusion\n"
    "    device: cpu\n"
    "    generation_kwargs: {width: 512}\n"
    "job:\n"
    "  prompts: prompts.txt\n"
    "  output: {dir: out}\n";

Config load(const std::string &path, const std::string &value) {
  const TempDir dir;
  return load_config(dir.write("run.yaml", job_file), {{path, value}});
}

std::string error_of(const std::string &path, const std::string &value) {
  try {
    load(path, value);
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a flag replaces what the file says and adds what it does not") {
  CHECK(load("job.seed", "7").job.seed == 7);
  CHECK(load("job.output.format", "jpg").job.output.format == ImageFormat::jpeg);
  const ModelConfig width = load("models.painter.generation_kwargs.width", "640").models[0];
  REQUIRE(width.generation_kwargs.size() == 1);
  CHECK(width.generation_kwargs[0].value == 640);
  CHECK(width.generation_kwargs[0].from_flag);
  const ModelConfig limited = load("models.painter.limits.concurrency", "3").models[0];
  CHECK(limited.limits.concurrency == 3U);
  const ModelConfig device = load("models.painter.device", "cuda").models[0];
  CHECK(device.load[0].value == "cuda");
  CHECK_FALSE(load("job.seed", "1").models[0].load[0].from_flag);
}

TEST_CASE("a flag's value is a plain scalar, or YAML when it begins like it") {
  const auto value = [](const std::string &text) {
    return load("models.painter.generation_kwargs.x", text).models[0].generation_kwargs[1].value;
  };
  CHECK(value("7.5") == 7.5);
  CHECK(value("true") == true);
  CHECK(value("a # b: c") == "a # b: c");
  CHECK(value("*star") == "*star");
  CHECK(value("\"7\"") == "7");
  CHECK(value("[1, 2]") == Json({1, 2}));
  CHECK(value("{a: [b]}") == Json({{"a", {"b"}}}));
  CHECK(load("models.painter.generation_kwargs.x", "").models[0].generation_kwargs[1].text == "");
}

TEST_CASE("a flag's path that leads nowhere is named with the nearest") {
  CHECK(error_of("modles.painter.device", "cpu") ==
        "--param modles.painter.device: there is no key 'modles.painter.device'; did you mean "
        "'models'?");
  CHECK(error_of("models.paintr.device", "cpu") ==
        "--param models.paintr.device: there is no model 'paintr'; did you mean 'painter'?");
  CHECK(error_of("job.sed", "1") == "--param job.sed: there is no key 'sed'; did you mean 'seed'?");
  CHECK(error_of("job.output.fromat", "png") ==
        "--param job.output.fromat: there is no key 'fromat'; did you mean 'format'?");
  CHECK(error_of("job.seed.x", "1") == "--param job.seed.x: seed has no keys of its own");
  CHECK_THAT(error_of("", "1"), ContainsSubstring("there is no key ''"));
  CHECK_THAT(error_of("models.", "1"), ContainsSubstring("--param models."));
  CHECK_THAT(error_of("models.painter", "1"), ContainsSubstring("--param models.painter: "));
  CHECK_THAT(error_of("models.painter.", "1"), ContainsSubstring("--param models.painter."));
}

TEST_CASE("a flag's wrong value is told at the flag") {
  CHECK(error_of("job.num_generations", "0") ==
        "--param job.num_generations: num_generations must be 1..10000, not 0");
  CHECK(error_of("job.order", "5") == "--param job.order: the job key 'order' is not built yet");
  CHECK_THAT(error_of("job.model", "[a"), ContainsSubstring("this is not YAML"));
  CHECK_THAT(error_of("job.model", "\xff"), ContainsSubstring("not UTF-8"));
}

TEST_CASE("relative paths of a flag start at the current folder") {
  const Config config = load("job.output.dir", "elsewhere");
  CHECK(config.job.output.dir == std::filesystem::current_path() / "elsewhere");
}
