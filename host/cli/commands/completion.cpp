#include "cli/completion.hpp"

#include "cli/command_line.hpp"
#include "cli/commands/all.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace pictor::host {
namespace {

class CompletionCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("SHELL", shell_, "bash, zsh or fish")
        ->required()
        ->type_name("bash|zsh|fish")
        ->check(CLI::Validator(
            [](std::string &name) {
              return shell_named(name) ? std::string()
                                       : fmt::format("'{}' is none of bash, zsh and fish", name);
            },
            ""));
    app.footer(
        "For good: pictor completion bash > ~/.local/share/bash-completion/completions/pictor\n"
        "          pictor completion zsh > a folder of $fpath, as _pictor\n"
        "          pictor completion fish > ~/.config/fish/completions/pictor.fish");
  }

  ExitCode run(Console &console) override {
    GlobalOptions options;
    const CommandLine line(options);
    console.data(completion_script(completion_nodes(line.app()), *shell_named(shell_)));
    return ExitCode::ok;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion() {
  return std::make_unique<CompletionCommand>();
}

}  // namespace pictor::host
