#pragma once

#include "cli/commands.hpp"
#include "cli/global_options.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// What the arguments ask for.
struct Invocation {
  Command *command = nullptr;  // null: only `text` is wanted
  std::string text;            // --help or --version
};

// pictor's arguments: the tree of commands with their options, made from the table.
class CommandLine {
 public:
  // `options` is filled by parse() and must outlive this. Opens nothing.
  explicit CommandLine(GlobalOptions &options, std::span<const CommandEntry> table = commands(),
                       std::span<const CommandGroup> groups = command_groups());
  ~CommandLine();
  CommandLine(const CommandLine &) = delete;
  CommandLine &operator=(const CommandLine &) = delete;

  // Once. `arguments` without the program's name; the command that is returned belongs to this.
  // Throws Error (exit code 2) that names the mistake and what was probably meant. Format and
  // colour are in `options` even then.
  Invocation parse(std::vector<std::string> arguments);

  const CLI::App &app() const { return *app_; }

 private:
  void add_global_options();
  CLI::App *add_group(std::string_view name, std::span<const CommandGroup> groups);
  void add_command(const CommandEntry &entry, std::span<const CommandGroup> groups);
  void read_report_style();
  Command *selected() const;

  GlobalOptions &options_;
  std::unique_ptr<CLI::App> app_;
  std::vector<std::unique_ptr<Command>> owned_;
  std::map<const CLI::App *, Command *> by_app_;      // a group: what it means when it stands alone
  std::map<std::string, const CLI::App *> group_of_;  // by the command it means alone
};

}  // namespace pictor::host
