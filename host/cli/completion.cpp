#include "cli/completion.hpp"

#include <CLI/CLI.hpp>

namespace pictor::host {
namespace {

// "human|json|quiet", an option's type in --help, as its values; nothing for other types.
std::vector<std::string> values_of(const CLI::Option &option) {
  const std::string type = option.get_type_name();
  if (type.find('|') == std::string::npos) return {};
  return CLI::detail::split(type, '|');
}

void add_options(CompletionNode &node, const CLI::App &app) {
  for (const CLI::Option *option : app.get_options()) {
    if (option->get_positional()) {
      for (const std::string &word : values_of(*option)) node.words.push_back(word);
      continue;
    }
    CompletionOption entry;
    for (const std::string &name : option->get_snames()) entry.names.push_back("-" + name);
    for (const std::string &name : option->get_lnames()) entry.names.push_back("--" + name);
    entry.summary = option->get_description();
    entry.takes_value = option->get_items_expected_max() > 0;
    entry.values = values_of(*option);
    // Each command has a --help of its own beside the global one.
    if (app.get_parent() == nullptr || option != app.get_help_ptr()) node.options.push_back(entry);
  }
}

void add_node(std::vector<CompletionNode> &nodes, const CLI::App &app, const std::string &path) {
  CompletionNode node{path, {}, {}, {}};
  for (const CLI::App *level = &app; level != nullptr; level = level->get_parent()) {
    add_options(node, *level);
  }
  std::vector<const CLI::App *> commands;
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; })) {
    if (command->get_group().empty()) continue;
    node.commands.emplace_back(command->get_name(), command->get_description());
    commands.push_back(command);
  }
  nodes.push_back(std::move(node));
  for (const CLI::App *command : commands) {
    add_node(nodes, *command,
             path.empty() ? command->get_name() : path + ' ' + command->get_name());
  }
}

}  // namespace

std::vector<CompletionNode> completion_nodes(const CLI::App &root) {
  std::vector<CompletionNode> nodes;
  add_node(nodes, root, "");
  return nodes;
}

std::optional<Shell> shell_named(std::string_view name) {
  if (name == "bash") return Shell::bash;
  if (name == "zsh") return Shell::zsh;
  if (name == "fish") return Shell::fish;
  return std::nullopt;
}

std::string completion_script(const std::vector<CompletionNode> &nodes, Shell shell) {
  switch (shell) {
    case Shell::bash:
      return bash_completion(nodes);
    case Shell::zsh:
      return zsh_completion(nodes);
    case Shell::fish:
      return fish_completion(nodes);
  }
  return {};
}

std::string shell_quoted(std::string_view word) {
  std::string text = "'";
  for (const char letter : word)
    text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

}  // namespace pictor::host
