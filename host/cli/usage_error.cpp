#include "cli/usage_error.hpp"

#include "base/nearest_name.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {
namespace {

struct Chosen {
  const CLI::App *app;
  std::string name;  // "pictor config check"
};

Chosen chosen_command(const CLI::App &root) {
  Chosen chosen{&root, root.get_name()};
  while (!chosen.app->get_subcommands().empty()) {
    chosen.app = chosen.app->get_subcommands().front();
    chosen.name += ' ' + chosen.app->get_name();
  }
  return chosen;
}

std::vector<std::string> command_names(const CLI::App &app) {
  std::vector<std::string> names;
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; })) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

// Every spelling of every option that this command accepts, those of the commands above included.
std::vector<std::string> option_names(const CLI::App *app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option *option : app->get_options()) {
      for (const std::string &name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string &name : option->get_snames()) names.push_back("-" + name);
    }
  }
  return names;
}

std::string usage_hint(const Chosen &chosen) {
  return fmt::format("`{} --help` shows how it is used", chosen.name);
}

Error unknown_option(const Chosen &chosen, const std::string &word) {
  const std::string name = word.substr(0, word.find('='));
  return Error(fmt::format("'{}' has no option '{}'{}", chosen.name, name,
                           did_you_mean(name, option_names(chosen.app))),
               usage_hint(chosen));
}

Error unknown_word(const Chosen &chosen, const std::string &word) {
  const std::vector<std::string> commands = command_names(*chosen.app);
  if (commands.empty()) {
    return Error(fmt::format("'{}' does not take the argument '{}'", chosen.name, word),
                 usage_hint(chosen));
  }
  return Error(
      fmt::format("'{}' has no command '{}'{}", chosen.name, word, did_you_mean(word, commands)),
      fmt::format("the commands are {}", fmt::join(commands, ", ")));
}

// The first word that was understood by nobody; an option before others, since what follows a
// misspelt option is its value.
std::optional<std::string> unknown(const CLI::App &root) {
  std::vector<std::string> words = root.remaining(true);
  std::erase(words, "--");
  if (words.empty()) return std::nullopt;
  const auto option = std::find_if(words.begin(), words.end(), [](const std::string &word) {
    return word.size() > 1 && word.front() == '-';
  });
  return option != words.end() ? *option : words.front();
}

Error missing(const Chosen &chosen) {
  for (const CLI::Option *option : chosen.app->get_options()) {
    if (option->get_required() && option->count() == 0) {
      return Error(fmt::format("'{}' needs {}: {}", chosen.name, option->get_name(),
                               option->get_description()),
                   usage_hint(chosen));
    }
  }
  return Error(fmt::format("'{}' needs a command", chosen.name),
               fmt::format("the commands are {}", fmt::join(command_names(*chosen.app), ", ")));
}

// "--limit: 1 required TEXT missing" -> "--limit"
std::string option_of(const std::string &complaint) {
  return complaint.substr(0, complaint.find(':'));
}

}  // namespace

Error usage_error(const CLI::App &root, const CLI::ParseError &error) {
  const Chosen chosen = chosen_command(root);
  if (const auto word = unknown(root)) {
    return word->front() == '-' ? unknown_option(chosen, *word) : unknown_word(chosen, *word);
  }
  if (dynamic_cast<const CLI::RequiredError *>(&error) != nullptr) return missing(chosen);
  if (dynamic_cast<const CLI::ArgumentMismatch *>(&error) != nullptr) {
    return Error(fmt::format("option '{}' needs a value", option_of(error.what())),
                 usage_hint(chosen));
  }
  return Error(error.what(), usage_hint(chosen));
}

}  // namespace pictor::host
