#include "base/error.hpp"
#include "config/config.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/marked_yaml.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::MarkedYaml;
using pictor::test::SetVariable;
using pictor::test::TempDir;

namespace {

Config load(const std::string &text) {
  const TempDir dir;
  return load_config(dir.write("run.yaml", text));
}

Error error_in(const std::string &text) {
  try {
    load(text);
  } catch (const Error &error) {
    return error;
  }
  return Error("no error");
}

// The message, when it stands at the mark.
std::string error_of(const std::string &marked) {
  const MarkedYaml yaml(marked);
  return yaml.message_at_mark(error_in(yaml.text).what());
}

// A whole file around some lines of one model, or of the job.
std::string with_model(const std::string &lines) {
  return "pictor: 1\nmodels:\n  painter:\n" + lines + "job: {prompts: p.txt, output: {dir: out}}\n";
}
std::string with_job(const std::string &lines) {
  return "pictor: 1\nmodels:\n  painter: {plugin: diffusion}\njob:\n  prompts: p.txt\n" + lines +
         "  output: {dir: out}\n";
}
std::string with_output(const std::string &entries) {
  return "pictor: 1\nmodels:\n  painter: {plugin: diffusion}\njob:\n  prompts: p.txt\n  output: {" +
         entries + "}\n";
}

}  // namespace

TEST_CASE("the whole job file is read") {
  const TempDir dir;
  const Config config = load_config(dir.write("jobs/run.yaml", R"(pictor: 1
plugins:
  paths: [./plugins, /opt/plugins]
models:
  painter:
    plugin: diffusion
    model: ../models/sdxl-base
    device: auto
    generation_kwargs:
      num_inference_steps: 30
      guidance_scale: 7.0
    limits: {concurrency: 4}
    isolation: auto
  other: {plugin: ./other.so, model_id: tiny}
job:
  model: [painter, other]
  prompts: prompts.jsonl
  num_generations: 4
  seed: 42
  output: {dir: out/foxes, layout: imagefolder, format: jpg, quality: 90, split: test}
)"));
  CHECK(config.plugin_pins.empty());
  const std::filesystem::path folder = dir / "jobs";
  CHECK(config.file == folder / "run.yaml");
  CHECK(config.plugin_paths ==
        std::vector<std::filesystem::path>{folder / "plugins", "/opt/plugins"});
  REQUIRE(config.models.size() == 2);
  const ModelConfig &painter = config.model("painter");
  CHECK(painter.plugin == "diffusion");
  REQUIRE(painter.load.size() == 2);
  CHECK(painter.load[0].name == "model");
  CHECK(painter.load[0].value == "../models/sdxl-base");
  CHECK(painter.load[1].value_place.line == 8);
  REQUIRE(painter.generation_kwargs.size() == 2);
  CHECK(painter.generation_kwargs[1].value == 7.0);
  CHECK(painter.limits.concurrency == 4U);
  CHECK(config.model("other").plugin == (folder / "other.so").string());
  CHECK(config.model("other").model_id == "tiny");
  CHECK_FALSE(config.model("other").limits.concurrency);
  CHECK_THROWS_AS(config.model("third"), std::out_of_range);
  CHECK(config.job.models == std::vector<std::string>{"painter", "other"});
  CHECK(config.job.prompts == folder / "prompts.jsonl");
  CHECK(config.job.num_generations == 4);
  CHECK(config.job.seed == 42);
  CHECK(config.job.output.dir == folder / "out/foxes");
  CHECK(config.job.output.format == ImageFormat::jpeg);
  CHECK(config.job.output.quality == 90);
  CHECK(config.job.output.split == "test");
}

TEST_CASE("what is left out has its default") {
  const Config config = load(with_job(""));
  CHECK(config.job.models == std::vector<std::string>{"painter"});
  CHECK(config.job.num_generations == 1);
  CHECK(config.job.seed == 0);
  CHECK(config.job.output.format == ImageFormat::png);
  CHECK(config.job.output.layout == "imagefolder");
  CHECK(config.job.output.split == "train");
}

TEST_CASE("a misspelt key is underlined where it stands") {
  CHECK(error_of("pictor: 1\n[[modles]]: {}\njob: {}\n") ==
        "unknown key 'modles'; did you mean 'models'?");
  CHECK(error_of(with_model("    [[plguin]]: diffusion\n")) ==
        "unknown model key 'plguin'; did you mean 'plugin'?");
  CHECK(error_of(with_job("  [[num_generation]]: 2\n")) ==
        "unknown job key 'num_generation'; did you mean 'num_generations'?");
  CHECK(error_of(with_output("dir: out, [[fmt]]: png")) == "unknown output key 'fmt'");
  CHECK(error_of("pictor: 1\nplugins: {[[path]]: [a]}\nmodels: {}\njob: {}\n") ==
        "unknown plugins key 'path'; did you mean 'paths'?");
}

TEST_CASE("a missing key is named") {
  CHECK_THAT(error_in("models: {}\n").what(), ContainsSubstring("the file needs 'pictor'"));
  CHECK_THAT(error_in("pictor: 1\njob: {}\n").what(), ContainsSubstring("the file needs 'models'"));
  CHECK_THAT(error_of("pictor: 1\nmodels:\n  painter: {device: cpu}\njob: {}\n"),
             ContainsSubstring("run.yaml:3:12: model needs 'plugin'"));
  CHECK_THAT(error_in(with_output("format: png")).what(), ContainsSubstring("output needs 'dir'"));
  CHECK_THAT(error_in("pictor: 1\nmodels: {a: {plugin: x}}\njob: {output: {dir: x}}\n").what(),
             ContainsSubstring("job needs 'prompts'"));
  CHECK_THAT(error_in("").what(), ContainsSubstring("the job file is empty"));
  CHECK_THAT(error_in("pictor: 1\nmodels:\njob: {}\n").what(),
             ContainsSubstring("run.yaml:2:1: the file needs 'models'"));
}

TEST_CASE("a file of another version says what to do") {
  CHECK(error_of("pictor: [[2]]\nnewkey: 1\n") ==
        "this pictor reads job files of version 1, not 2");
  CHECK_THAT(error_in("pictor: 2\n").hint(), ContainsSubstring("pictor: 1"));
}

TEST_CASE("wrong values are told at their place") {
  CHECK(error_of(with_job("  seed: [[-1]]\n")) ==
        "seed must be 0 or more, not -1; leave it out to have one chosen");
  CHECK(error_of(with_job("  seed: [[9223372036854775808]]\n")) ==
        "seed must be at most 9223372036854775807");
  CHECK(error_of(with_job("  num_generations: [[0]]\n")) ==
        "num_generations must be 1..10000, not 0");
  CHECK(error_of(with_job("  num_generations: [[\"4\"]]\n")) ==
        "num_generations must be an integer, not \"4\"; remove the quotes");
  CHECK(error_of(with_job("  num_generations: [[010]]\n")) ==
        "num_generations must be an integer, not \"010\"; YAML 1.1 reads 010 as the octal number "
        "8: write 8 or 10");
  CHECK(error_of(with_output("dir: out, format: [[tiff]]")) ==
        "format must be one of: png, jpeg, webp, not \"tiff\"");
  CHECK(error_of(with_output("dir: out, quality: [[80]]")) ==
        "png has no quality: it loses nothing");
  CHECK(error_of(with_output("dir: out, format: jpeg, quality: [[101]]")) ==
        "quality must be 1..100, not 101");
  CHECK(error_of(with_output("dir: out, split: [[../up]]")) == "'../up' cannot be a split's name");
  CHECK(error_of(with_job("  model: [[paintr]]\n")) ==
        "there is no model 'paintr' under models; did you mean 'painter'?");
  CHECK_THAT(error_of(with_job("  model: [painter, painter]\n")),
             ContainsSubstring("the model 'painter' is named twice"));
  CHECK(error_of("pictor: 1\nmodels:\n  [[a/b]]: {plugin: x}\njob: {}\n") ==
        "'a/b' cannot be a model's name");
  CHECK(error_of(with_model("    plugin: [[Not An Id]]\n")) ==
        "'Not An Id' is neither a plugin's id nor the path of a .so file");
  CHECK_THAT(error_in(with_model("    - plugin\n")).what(),
             ContainsSubstring("model must be a map of keys and values"));
  CHECK_THAT(error_in("- a\n- b\n").what(), ContainsSubstring("the file must be a map"));
  CHECK_THAT(error_in("pictor: 1\nmodels: {a: {plugin: x}, b: {plugin: x}}\n"
                      "job: {prompts: p.txt, output: {dir: o}}\n")
                 .what(),
             ContainsSubstring("job needs 'model': there are several"));
}

TEST_CASE("what a later release will know is refused, never ignored") {
  CHECK(error_of(with_job("  [[order]]: x\n")) == "the job key 'order' is not built yet");
  CHECK(error_of(with_output("dir: o, [[thumbnails]]: 1")) ==
        "the output key 'thumbnails' is not built yet");
  CHECK(error_of("pictor: 1\n[[sandbox]]: {}\nmodels: {}\njob: {}\n") ==
        "the key 'sandbox' is not built yet");
  CHECK_THAT(error_of("pictor: 1\nmodels: {a: {plugin: x}}\n"
                      "job: {prompts: {template: x}, output: {dir: o}}\n"),
             ContainsSubstring("prompts must be a file, - for stdin, or a list"));
}

TEST_CASE("variants, wildcards and a matrix are read") {
  const TempDir dir;
  const JobConfig job =
      load_config(dir.write("run.yaml", with_job("  variants: random\n  draws: 4\n  wildcards: w\n"
                                                 "  matrix: {style: [flat, 7], seed: [1]}\n")))
          .job;
  CHECK(job.variants == Variants::random);
  CHECK(job.draws == 4);
  CHECK(job.wildcards == dir / "w");
  REQUIRE(job.matrix.size() == 2);
  CHECK(job.matrix[0].name == "style");
  REQUIRE(job.matrix[0].values.size() == 2);
  CHECK(job.matrix[0].values[0].value == "flat");
  CHECK(job.matrix[0].values[1].value == 7);
  CHECK(load(with_job("")).job.variants == Variants::off);
}

TEST_CASE("mistakes in what expands rows are told at their place") {
  CHECK(error_of(with_job("  variants: [[some]]\n")) ==
        "variants must be one of: off, all, random, not \"some\"");
  CHECK(error_of(with_job("  draws: [[4]]\n")) == "draws means nothing without variants: random");
  CHECK(error_of(with_job("  variants: all\n  draws: [[4]]\n")) ==
        "draws means nothing without variants: random");
  CHECK(error_of(with_job("  wildcards: [[w]]\n")) ==
        "wildcards means nothing without variants: all");
  CHECK(error_of(with_job("  matrix: {style: [[flat]]}\n")) == "style needs a list of values");
  CHECK(error_of(with_job("  matrix: {style: [flat, [[flat]]]}\n")) == "this value is there twice");
  CHECK_THAT(error_in(with_job("  matrix: {style: []}\n")).what(),
             ContainsSubstring("the list of values is empty"));
  CHECK_THAT(error_in(with_job("  matrix: [style]\n")).what(),
             ContainsSubstring("matrix must be a map of keys and values"));
}

TEST_CASE("where a plugin runs, and what it may do there") {
  const auto isolation = [](const std::string &lines) {
    return load(with_model("    plugin: x\n" + lines)).models[0].isolation;
  };
  CHECK(isolation("").mode == Isolation::automatic);
  CHECK(isolation("    isolation: in-process\n").mode == Isolation::in_process);
  CHECK(isolation("    isolation: worker\n    patience: 2.5\n").patience == 2.5);
  CHECK_FALSE(isolation("    isolation: worker\n").sandbox);
  CHECK_FALSE(isolation("    sandbox: false\n").sandbox);
  CHECK(isolation("    sandbox: true\n").sandbox);
  const IsolationConfig granted =
      isolation("    sandbox: {read: [/data], network: true, memory: 2GB}\n");
  CHECK(granted.sandbox->read == std::vector<std::filesystem::path>{"/data"});
  CHECK(granted.sandbox->network);
  CHECK(granted.sandbox->memory == 2'000'000'000);
  CHECK(error_of(with_model("    plugin: x\n    isolation: in-process\n    sandbox: [[true]]\n")) ==
        "a sandbox needs a process of its own");
  CHECK(error_of(with_model("    plugin: x\n    sandbox: {memory: [[much]]}\n")) ==
        "sandbox.memory must be a size such as 8GB");
}

TEST_CASE("parameters keep what was written and what it means") {
  const Config config = load(with_model(
      "    plugin: x\n    revision: 1.10\n    flag: no\n    quoted: \"1.10\"\n    empty:\n"
      "    sizes: [1.50, 010]\n"));
  const auto &load = config.models[0].load;
  REQUIRE(load.size() == 4);
  CHECK(load[0].value == 1.1);
  CHECK(load[0].text == "1.10");
  CHECK(load[1].value == "no");
  CHECK(load[2].value == "1.10");
  CHECK_FALSE(load[2].plain);
  CHECK(load[3].value == Json({1.5, "010"}));
  CHECK(load[3].text == Json({"1.50", "010"}));
}

TEST_CASE("prompts come from a file, from stdin or from a list") {
  CHECK(load("pictor: 1\nmodels: {a: {plugin: x}}\njob: {prompts: '-', output: {dir: o}}\n")
            .job.prompts == "-");
  const Config config = load(
      "pictor: 1\nmodels: {a: {plugin: x}}\njob:\n  output: {dir: o}\n  prompts:\n"
      "    - a fox\n    - 1984\n    - {prompt: 010, seed: 7, tags: [x, 1]}\n");
  CHECK(config.job.prompts.empty());
  REQUIRE(config.job.inline_prompts.size() == 3);
  CHECK(config.job.inline_prompts[0] == "a fox");
  CHECK(config.job.inline_prompts[1] == "1984");
  CHECK(config.job.inline_prompts[2] ==
        Json::parse(R"({"prompt": "010", "seed": 7, "tags": ["x", 1]})"));
  CHECK(config.job.inline_places[1].line == 7);
  CHECK_THAT(error_in("pictor: 1\nmodels: {a: {plugin: x}}\n"
                      "job: {output: {dir: o}, prompts: []}\n")
                 .what(),
             ContainsSubstring("the list of prompts is empty"));
  CHECK_THAT(error_in("pictor: 1\nmodels: {a: {plugin: x}}\n"
                      "job: {output: {dir: o}, prompts: [[a]]}\n")
                 .what(),
             ContainsSubstring("a prompt must be text, or a map of columns"));
}

TEST_CASE("settings of the job read the environment") {
  const SetVariable seed("PICTOR_TEST_SEED", "77");
  const SetVariable dir("PICTOR_TEST_DIR", "/data");
  const Config config = load(
      "pictor: 1\nmodels: {a: {plugin: x, key: '${PICTOR_TEST_SEED}'}}\n"
      "job: {prompts: '${PICTOR_TEST_DIR}/p.txt', seed: '${PICTOR_TEST_SEED}', "
      "output: {dir: '${PICTOR_TEST_DIR}/o'}}\n");
  CHECK(config.job.seed == 77);
  CHECK(config.job.prompts == "/data/p.txt");
  CHECK(config.job.output.dir == "/data/o");
  CHECK(config.models[0].load[0].environment_name == "PICTOR_TEST_SEED");
  CHECK(config.models[0].load[0].value == "${PICTOR_TEST_SEED}");
}

TEST_CASE("a value from the environment is never shown") {
  const SetVariable seed("PICTOR_TEST_SEED", "hush-hush");
  const std::string error = error_in(with_job("  seed: ${PICTOR_TEST_SEED}\n")).what();
  CHECK_THAT(error, ContainsSubstring("seed cannot be what ${PICTOR_TEST_SEED} holds"));
  CHECK(error.find("hush") == std::string::npos);
}

TEST_CASE("a variable that is not set is told at its place") {
  CHECK(error_of(with_job("  seed: [[${PICTOR_TEST_UNSET}]]\n")) ==
        "the environment variable PICTOR_TEST_UNSET is not set");
}

TEST_CASE("any cut of a job file is read or refused, never a crash") {
  const std::string text = with_model(
      "    plugin: diffusion\n    key: \"a\\\"b\"\n    list: &x [1, {a: 'b'}]\n    more: *x\n");
  for (std::size_t size = 0; size < text.size(); ++size) {
    try {
      load(text.substr(0, size));
    } catch (const Error &error) {
      CHECK(*error.what() != '\0');
    }
  }
}
