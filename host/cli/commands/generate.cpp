#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/commands/all.hpp"
#include "cli/draw_once.hpp"
#include "cli/flag_parameters.hpp"
#include "cli/job_argument.hpp"
#include "cli/model_choice.hpp"
#include "cli/picture_targets.hpp"
#include "cli/prompt_drawing.hpp"
#include "cli/whole_number.hpp"
#include "plan/job.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pictor::host {
namespace {

constexpr std::uint64_t most_pictures = 10'000;
constexpr std::uint64_t largest_seed =
    (std::uint64_t{1} << 63) - 1;  // torch's generators take no more

// One of the flags that stand for a request parameter, as sd.cpp and diffusers-cli have them.
struct ParameterFlag {
  const char *names;
  const char *parameter;
  const char *type;
  const char *summary;
};

constexpr ParameterFlag parameter_flags[] = {
    {"-W,--width", "width", "PX", "Width of the pictures"},
    {"-H,--height", "height", "PX", "Height of the pictures"},
    {"--steps", "num_inference_steps", "N", "Denoising steps"},
    {"--guidance-scale,--cfg-scale", "guidance_scale", "G", "How closely to follow the prompt"},
    {"--negative-prompt", "negative_prompt", "TEXT", "What the pictures should not show"},
};

std::uint64_t random_seed() {
  // 32 bits: such seeds are shown, and typed again.
  return std::random_device()();
}

class GenerateCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("PROMPT", prompt_, "What to draw")->required();
    app.add_option("-m,--model", model_, "A plugin, PLUGIN:MODEL, or a model of -c")
        ->type_name("MODEL");
    app.add_option("-c,--config", job_file_, "The job file that -m's model stands in")
        ->type_name("JOB");
    app.add_option("-o,--output", output_, "The file (.png .jpg .webp), or - for stdout")
        ->type_name("FILE");
    app.add_option("-n,--num-generations", count_, "How many pictures")
        ->type_name("N")
        ->check(whole_number(1, most_pictures));
    app.add_option("-s,--seed", seed_text_, "Of the first picture; -1: random (default)")
        ->type_name("SEED")
        ->check(CLI::Validator(
            [](std::string &text) {
              return text == "-1" ? std::string() : whole_number(0, largest_seed)(text);
            },
            ""));
    for (const ParameterFlag &flag : parameter_flags) {
      app.add_option_function<std::string>(
             flag.names,
             [this, &flag](const std::string &value) {
               std::string name = flag.names;
               name = name.substr(0, name.find(','));
               flags_.push_back({name, flag.parameter, value});
             },
             flag.summary)
          ->type_name(flag.type);
    }
    add_param_option(app, parameters_, "Set any parameter of the model");
    app.add_flag("--overwrite", overwrite_, "Replace files that are there");
  }

  ExitCode run(Console &console) override {
    check_prompt();
    const std::uint64_t seed = chosen_seed();
    const PictureTargets targets = picture_targets(output_, count_, seed, overwrite_);
    if (targets.to_stdout && isatty(STDOUT_FILENO) != 0) {
      throw Error("a picture is no text for a terminal",
                  "send it on: pictor generate ... -o - > fox.png");
    }
    const PreparedModel model = prepared_model(console);
    if (seed_text_.empty() || seed_text_ == "-1") console.note(fmt::format("seed {}", seed));
    return draw_prompt(console, model, {prompt_, seed, count_, overwrite_}, targets);
  }

 private:
  void check_prompt() const {
    if (prompt_.empty()) throw Error("the prompt is empty");
    const std::size_t bad = first_invalid_utf8(prompt_);
    if (bad == std::string::npos) return;
    throw Error(fmt::format("the prompt is not UTF-8 at byte {}", bad + 1),
                "check the terminal's encoding");
  }

  std::uint64_t chosen_seed() const {
    const bool random = seed_text_.empty() || seed_text_ == "-1";
    const std::uint64_t seed = random ? random_seed() : std::stoull(seed_text_);
    if (seed > largest_seed - (count_ - 1)) {
      throw Error(fmt::format("the seeds of {} pictures from {} on go beyond {}", count_, seed,
                              largest_seed),
                  "choose a smaller --seed");
    }
    return seed;
  }

  PreparedModel prepared_model(Console &console) {
    ModelChoice choice = choose_model(model_, job_file_);
    if (choice.bundled) console.note("drawing with the bundled model; -m chooses another");
    for (const std::string &parameter : parameters_) {
      const Override given = parse_override(parameter);
      flags_.push_back({"--param " + given.path, given.path, given.value});
    }
    lay_over(choice.config, choice.plugin->parameters(choice.config.model_id), flags_);
    PreparedModel model = prepare_model(choice.config, choice.plugin);
    if (!model.missing.empty()) {
      throw Error(fmt::format("{} needs a value", fmt::join(model.missing, ", ")),
                  fmt::format("give it with --param {}=...", model.missing.front()));
    }
    return model;
  }

  std::string prompt_, model_, job_file_, output_, seed_text_;
  std::uint32_t count_ = 1;
  std::vector<FlagParameter> flags_;
  std::vector<std::string> parameters_;
  bool overwrite_ = false;
};

}  // namespace

std::unique_ptr<Command> make_generate() {
  return std::make_unique<GenerateCommand>();
}

}  // namespace pictor::host
