#include "base/error.hpp"
#include "plan/parameters.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/marked_yaml.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

ParameterSpec spec(std::string id, ParameterType type, ParameterScope scope) {
  ParameterSpec result;
  result.id = std::move(id);
  result.type = type;
  result.scope = scope;
  return result;
}

std::vector<ParameterSpec> specs() {
  std::vector<ParameterSpec> specs = {
      spec("model", ParameterType::string, ParameterScope::load),
      spec("device", ParameterType::choice, ParameterScope::load),
      spec("cache", ParameterType::path, ParameterScope::load),
      spec("api_key", ParameterType::secret, ParameterScope::load),
      spec("tiling", ParameterType::boolean, ParameterScope::load),
      spec("revision", ParameterType::string, ParameterScope::load),
      spec("num_inference_steps", ParameterType::integer, ParameterScope::request),
      spec("image", ParameterType::image, ParameterScope::request),
      spec("images", ParameterType::image_list, ParameterScope::request),
      spec("config", ParameterType::string, ParameterScope::load),
      spec("refiner", ParameterType::string, ParameterScope::load),
      spec("loras", ParameterType::json, ParameterScope::load)};
  specs[1].choices = {{"auto"}, {"cpu"}, {"cuda"}};
  specs[1].default_value = "auto";
  specs[1].env = "PICTOR_TEST_DEVICE";
  specs[3].env = "PICTOR_TEST_KEY";
  specs[6].aliases = {"steps"};
  specs[6].default_value = 30;
  specs[6].minimum = 1;
  specs[7].required = true;
  for (const std::size_t i : {0u, 9u, 10u, 11u}) specs[i].path_or_name = true;
  return specs;
}

std::string file_with(const std::string &lines) {
  return "pictor: 1\nmodels:\n  painter:\n    plugin: x\n" + lines +
         "job: {prompts: p.txt, output: {dir: out}}\n";
}

SettledParameters settle(const std::filesystem::path &file, ParameterScope scope,
                         const std::vector<Override> &overrides = {},
                         const std::vector<ParameterSpec> &of = specs()) {
  return settle_parameters(of, scope, load_config(file, overrides).models[0]);
}

SettledParameters settle_lines(const std::string &lines, ParameterScope scope,
                               const std::vector<Override> &overrides = {}) {
  const TempDir dir;
  return settle(dir.write("run.yaml", file_with(lines)), scope, overrides);
}

std::string error_of(const std::string &marked_lines,
                     const std::vector<ParameterSpec> &of = specs()) {
  const MarkedYaml yaml(file_with(marked_lines));
  const TempDir dir;
  const auto file = dir.write("run.yaml", yaml.text);
  try {
    settle(file, ParameterScope::load, {}, of);
    settle(file, ParameterScope::request, {}, of);
  } catch (const Error &error) {
    return yaml.message_at_mark(error.what());
  }
  return "no error";
}

}  // namespace

TEST_CASE("default, environment, YAML and flag win in that order") {
  const auto device = [](const std::string &lines, const std::vector<Override> &overrides = {}) {
    return settle_lines(lines, ParameterScope::load, overrides).values.at("device");
  };
  CHECK(device("") == "auto");
  const SetVariable variable("PICTOR_TEST_DEVICE", "CPU");
  CHECK(device("") == "cpu");
  CHECK(device("    device: cuda\n") == "cuda");
  CHECK(device("    device:\n") == "cpu");
  CHECK(device("    device: cuda\n", {{"models.painter.device", "auto"}}) == "auto");
}

TEST_CASE("what a flag gives is pinned, by whatever name") {
  const SettledParameters settled =
      settle_lines("    generation_kwargs: {num_inference_steps: 20}\n", ParameterScope::request,
                   {{"models.painter.generation_kwargs.steps", "5"}});
  CHECK(settled.values.at("num_inference_steps") == 5);
  CHECK(settled.pinned == std::set<std::string>{"num_inference_steps"});
}

TEST_CASE("a required request parameter is left to the rows") {
  CHECK(settle_lines("", ParameterScope::request).missing == std::vector<std::string>{"image"});
}

TEST_CASE("text parameters take the letters that were written") {
  CHECK(settle_lines("    revision: 1.10\n", ParameterScope::load).values.at("revision") == "1.10");
  CHECK(settle_lines("    revision: no\n", ParameterScope::load).values.at("revision") == "no");
}

TEST_CASE("mistakes are underlined where they stand") {
  CHECK(error_of("    [[devcie]]: cpu\n") ==
        "painter has no parameter 'devcie'; did you mean 'device'?");
  CHECK(error_of("    [[generation_kwarg]]: {a: 1}\n") ==
        "painter has no parameter 'generation_kwarg'; did you mean 'generation_kwargs'?");
  CHECK(error_of("    generation_kwargs: {[[stps]]: 4}\n") ==
        "painter has no parameter 'stps'; did you mean 'steps'?");
  CHECK(error_of("    [[num_inference_steps]]: 4\n") ==
        "num_inference_steps belongs under generation_kwargs");
  CHECK(error_of("    generation_kwargs: {[[device]]: cpu}\n") ==
        "device does not belong under generation_kwargs");
  CHECK(error_of("    generation_kwargs: {[[seed]]: 4}\n") == "seed is no parameter of a model");
  CHECK(error_of("    generation_kwargs: {steps: 4, [[num_inference_steps]]: 5}\n") ==
        "num_inference_steps is given twice, once as 'num_inference_steps'");
  CHECK(error_of("    generation_kwargs: {steps: [[0]]}\n") ==
        "num_inference_steps must be at least 1, not 0");
  CHECK(error_of("    tiling: [[yes]]\n") ==
        "tiling must be true or false, not \"yes\"; YAML 1.1 reads yes as true, YAML 1.2 as text: "
        "write true");
  CHECK(error_of("    device: [[gpu]]\n") ==
        "device must be one of: auto, cpu, cuda, not \"gpu\"; did you mean 'cpu'?");
  CHECK(error_of("    revision: [[${PICTOR_TEST_UNSET}]]\n") ==
        "the environment variable PICTOR_TEST_UNSET is not set");
}

TEST_CASE("a secret is a reference, and its value is nowhere") {
  const SetVariable key("PICTOR_TEST_MY_KEY", "hush");
  CHECK(settle_lines("    api_key: ${PICTOR_TEST_MY_KEY}\n", ParameterScope::load)
            .values.at("api_key") == "PICTOR_TEST_MY_KEY");
  const std::string error = error_of("    devcie: cpu\n    api_key: sk-hush\n");
  CHECK_THAT(error, ContainsSubstring("api_key must not stand in a file"));
  CHECK(error.find("hush") == std::string::npos);
  CHECK(error_of("    api_key: [[${PICTOR_TEST_UNSET}]]\n") ==
        "the environment variable PICTOR_TEST_UNSET is not set");
  const SetVariable usual("PICTOR_TEST_KEY", "hush");
  CHECK(settle_lines("", ParameterScope::load).values.at("api_key") == "PICTOR_TEST_KEY");
}

TEST_CASE("a missing required parameter says how to give it") {
  std::vector<ParameterSpec> required = specs();
  required[3].required = true;
  const TempDir dir;
  try {
    settle(dir.write("run.yaml", file_with("")), ParameterScope::load, {}, required);
    FAIL("no error");
  } catch (const Error &error) {
    CHECK_THAT(error.what(), ContainsSubstring("run.yaml:3:3: painter needs 'api_key'"));
    CHECK(error.hint() ==
          "set the environment variable PICTOR_TEST_KEY, or write api_key: ${PICTOR_TEST_KEY}");
  }
}

TEST_CASE("relative paths start where they were written") {
  const TempDir dir;
  dir.write("jobs/weights/x", "");
  const auto file =
      dir.write("jobs/run.yaml", file_with("    cache: ../cache\n    model: weights\n"));
  const Parameters load = settle(file, ParameterScope::load).values;
  CHECK(load.at("cache") == (dir / "cache").string());
  CHECK(load.at("model") == (dir / "jobs/weights").string());
  const auto model = [&](const std::string &text) {
    return settle(file, ParameterScope::load, {{"models.painter.model", text}}).values.at("model");
  };
  CHECK(model("stabilityai/sdxl") == "stabilityai/sdxl");
  CHECK(model("./sdxl") == (std::filesystem::current_path() / "sdxl").string());
  CHECK(model("/models/../sdxl") == "/sdxl");
}

TEST_CASE("LoRAs and a configuration are found beside the file, or are names") {
  const TempDir dir;
  dir.write("ink.safetensors", "");
  const std::string ink = (dir / "ink.safetensors").string();
  const auto file =
      dir.write("run.yaml", file_with("    config: ./sd15\n    refiner: ../xl\n    loras: "
                                      "[ink.safetensors, {path: ink.safetensors, weight: 2},"
                                      " org/style, {name: x}]\n"));
  const Parameters load = settle(file, ParameterScope::load).values;
  const Json loras = {ink, {{"path", ink}, {"weight", 2}}, "org/style", {{"name", "x"}}};
  CHECK(load.at("loras") == loras);
  CHECK(load.at("config") == (dir / "sd15").string());
  CHECK(load.at("refiner") == (dir.path().parent_path() / "xl").string());
  const ModelConfig resolved = with_absolute_paths(load_config(file).models[0], specs(), load);
  CHECK(resolved.load[2].value == loras);
}

TEST_CASE("the resolved job has absolute paths and keeps references") {
  const TempDir dir;
  const SetVariable home("PICTOR_TEST_HOME", "/data");
  const auto file =
      dir.write("run.yaml", file_with("    cache: ${PICTOR_TEST_HOME}/c\n    model: ./weights\n"));
  const ModelConfig written = load_config(file).models[0];
  const Parameters load = settle_parameters(specs(), ParameterScope::load, written).values;
  CHECK(load.at("cache") == "/data/c");
  const ModelConfig resolved = with_absolute_paths(written, specs(), load);
  CHECK(resolved.load[0].value == "${PICTOR_TEST_HOME}/c");
  CHECK(resolved.load[1].value == (dir / "weights").string());
}

TEST_CASE("pictures of the job file are found beside it and looked at") {
  const TempDir dir;
  const std::string png = "\x89PNG\r\n\x1a\n....";
  const auto fox = dir.write("fox.png", png), owl = dir.write("in/owl.png", png);
  const auto file = dir.write(
      "run.yaml",
      file_with("    generation_kwargs: {image: fox.png, images: [fox.png, in/owl.png]}\n"));
  const Parameters request = settle(file, ParameterScope::request).values;
  CHECK(request.at("image") == fox.string());
  CHECK(request.at("images") == Json{fox.string(), owl.string()});
  const ModelConfig resolved = with_absolute_paths(load_config(file).models[0], specs(), {});
  CHECK(resolved.generation_kwargs[0].value == fox.string());
  CHECK(resolved.generation_kwargs[1].value == Json{fox.string(), owl.string()});
  CHECK_THAT(error_of("    generation_kwargs: {images: [[none.png]]}\n"),
             ContainsSubstring("images: ") && ContainsSubstring("none.png: No such file"));
}
