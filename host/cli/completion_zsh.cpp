#include "cli/completion.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace pictor::host {
namespace {

constexpr const char *zsh_head = R"(#compdef pictor
# zsh completion for pictor, written by `pictor completion zsh`
_pictor() {
  local command=
  local -a choices options
  local -i i
  for ((i = 2; i < CURRENT; i++)); do
    case "$command ${words[i]}" in
)";

constexpr const char *zsh_tail = R"(  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    _describe -o option options
  elif (( $#choices )); then
    _describe argument choices
  else
    _files
  fi
}
if [[ $funcstack[1] == _pictor ]]; then
  _pictor "$@"
else
  compdef _pictor pictor
fi
)";

// "name:summary", as _describe wants it.
std::string described(std::string_view name, std::string_view summary) {
  std::string text;
  for (const char letter : name)
    text += letter == ':' ? std::string("\\:") : std::string(1, letter);
  return shell_quoted(fmt::format("{}:{}", text, summary));
}

std::string node_case(const CompletionNode &node) {
  std::vector<std::string> choices, options;
  for (const auto &[name, summary] : node.commands) choices.push_back(described(name, summary));
  for (const std::string &word : node.words) choices.push_back(shell_quoted(word));
  for (const CompletionOption &option : node.options) {
    for (const std::string &name : option.names) options.push_back(described(name, option.summary));
  }
  return fmt::format("    ({})\n      choices=({})\n      options=({}) ;;\n",
                     shell_quoted(node.path), fmt::join(choices, " "), fmt::join(options, " "));
}

std::string zsh_value_cases(const CompletionNode &node) {
  std::string text;
  for (const CompletionOption &option : node.options) {
    if (!option.takes_value) continue;
    std::vector<std::string> patterns, values;
    for (const std::string &name : option.names) {
      patterns.push_back(shell_quoted(node.path + ' ' + name));
    }
    for (const std::string &value : option.values) values.push_back(shell_quoted(value));
    text +=
        fmt::format("    ({}) choices=({}) ;;\n", fmt::join(patterns, "|"), fmt::join(values, " "));
  }
  return text;
}

}  // namespace

std::string zsh_completion(const std::vector<CompletionNode> &nodes) {
  std::string steps, offers, values;
  for (const CompletionNode &node : nodes) {
    for (const auto &[name, summary] : node.commands) {
      const std::string next = node.path.empty() ? name : node.path + ' ' + name;
      steps += fmt::format("      ({}) command={} ;;\n", shell_quoted(node.path + ' ' + name),
                           shell_quoted(next));
    }
    offers += node_case(node);
    values += zsh_value_cases(node);
  }
  return zsh_head + steps + "    esac\n  done\n  case \"$command\" in\n" + offers +
         "  esac\n  case \"$command ${words[CURRENT-1]}\" in\n" + values + zsh_tail;
}

}  // namespace pictor::host
