#include "cli/command_line.hpp"

#include "base/error.hpp"
#include "cli/help.hpp"
#include "cli/usage_error.hpp"
#include <pictor/abi.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace pictor::host {
namespace {

std::string version_text() {
  return fmt::format("pictor {} (plugin ABI {}.{})", PICTOR_VERSION, PICTOR_ABI_MAJOR,
                     PICTOR_ABI_MINOR);
}

const CLI::App &deepest_selected(const CLI::App &root) {
  const CLI::App *app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

constexpr const char *command_heading = "Commands";
constexpr const char *main_footer =
    "A job is a YAML file: `pictor config schema` describes it, `pictor run` draws it.";
constexpr const char *command_footer = "`pictor --help` lists the options that every command has.";

// CLI11 takes the argument after `--name=` for the value when nothing follows the '='; two
// arguments say the same without that trap. Arguments are in reverse order afterwards, as CLI11
// wants them.
std::vector<std::string> for_cli11(std::vector<std::string> arguments) {
  std::vector<std::string> result;
  bool options_over = false;
  for (std::string &argument : arguments) {
    options_over = options_over || argument == "--";
    const bool empty_value = !options_over && argument.size() > 3 && argument.starts_with("--") &&
                             argument.find('=') == argument.size() - 1;
    if (empty_value) {
      argument.pop_back();
      result.push_back(std::move(argument));
      result.emplace_back();
    } else {
      result.push_back(std::move(argument));
    }
  }
  std::reverse(result.begin(), result.end());
  return result;
}

}  // namespace

CommandLine::CommandLine(GlobalOptions &options, std::span<const CommandEntry> table,
                         std::span<const CommandGroup> groups)
    : options_(options), app_(std::make_unique<CLI::App>()) {
  app_->name("pictor");
  app_->description("Turns files of prompts into image datasets; every model is a plugin.");
  app_->footer(main_footer);
  app_->formatter(std::make_shared<HelpFormatter>());
  app_->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app_->fallthrough();
  app_->require_subcommand(1);
  add_global_options();
  for (const CommandEntry &entry : table) add_command(entry, groups);
}

CommandLine::~CommandLine() = default;

void CommandLine::add_global_options() {
  app_->set_help_flag("-h,--help", "Explain a command and end");
  app_->set_version_flag("--version", version_text(), "Print the version and end");
  app_->add_flag("-v,--verbose", options_.verbose, "Say more (-vv: even more)");
  app_->add_flag("-q,--quiet", options_.quiet, "Say less (-qq: nothing)");
  app_->add_option_function<std::string>(
          "--format", [this](const std::string &name) { options_.format = *format_named(name); },
          "How to speak; json: for programs")
      ->type_name("human|json|quiet")
      ->check(CLI::Validator(
          [](std::string &name) {
            return format_named(name) ? std::string()
                                      : fmt::format("'{}' is none of human, json and quiet", name);
          },
          ""));
  app_->add_flag("--no-color", options_.no_color, "No colours (NO_COLOR does the same)");
  app_->add_option("--log-file", options_.log_file, "Keep the log in this file too")
      ->type_name("FILE");
}

CLI::App *CommandLine::add_group(std::string_view name, std::span<const CommandGroup> groups) {
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const CommandGroup &each) { return each.name == name; });
  CLI::App *app = app_->add_subcommand(std::string(name), std::string(group->summary));
  app->group(command_heading)->require_subcommand(group->otherwise.empty() ? 1 : 0, 1);
  if (!group->otherwise.empty()) group_of_[std::string(group->otherwise)] = app;
  return app;
}

// A group stands where its first command does.
void CommandLine::add_command(const CommandEntry &entry, std::span<const CommandGroup> groups) {
  const std::string name(entry.name);
  const std::size_t space = name.find(' ');
  CLI::App *parent = app_.get();
  if (space != std::string::npos) {
    const auto same = app_->get_subcommands(
        [&](const CLI::App *app) { return app->get_name() == name.substr(0, space); });
    parent = same.empty() ? add_group(name.substr(0, space), groups) : same.front();
  }
  CLI::App *app = parent->add_subcommand(name.substr(space + 1), std::string(entry.summary));
  app->group(command_heading)->footer(command_footer);
  owned_.push_back(entry.make());
  owned_.back()->setup(*app);
  by_app_[app] = owned_.back().get();
  if (group_of_.contains(name)) by_app_[group_of_[name]] = owned_.back().get();
}

Invocation CommandLine::parse(std::vector<std::string> arguments) {
  if (arguments.empty()) throw Error("no command is given", "`pictor --help` lists the commands");
  try {
    app_->parse(for_cli11(std::move(arguments)));
  } catch (const CLI::CallForVersion &version) {
    return {nullptr, std::string(version.what()) + '\n'};
  } catch (const CLI::ParseError &error) {
    read_report_style();
    if (dynamic_cast<const CLI::CallForHelp *>(&error) != nullptr) return {nullptr, app_->help()};
    throw usage_error(*app_, error);
  }
  return {selected(), {}};
}

// An error ends the parsing before CLI11 hands values over, and how to show that error is one.
void CommandLine::read_report_style() {
  const CLI::Option *format = app_->get_option("--format");
  if (format->count() > 0) {
    options_.format = format_named(format->results().back()).value_or(Format::human);
  }
  options_.no_color = app_->count("--no-color") > 0;
}

Command *CommandLine::selected() const {
  return by_app_.at(&deepest_selected(*app_));
}

}  // namespace pictor::host
