#include "cli/completion.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace pictor::host {
namespace {

// `command` grows by each word that names one: "", "config", "config check".
constexpr const char *bash_head =
    R"(# bash completion for pictor, written by `pictor completion bash`
_pictor() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local command= options= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${COMP_WORDS[i]}" in
)";

constexpr const char *bash_tail = R"(  esac
  COMPREPLY=()
  [[ $current == -* ]] && words=$options
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _pictor pictor
)";

std::string all_options(const CompletionNode &node) {
  std::vector<std::string> names;
  for (const CompletionOption &option : node.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string all_words(const CompletionNode &node) {
  std::vector<std::string> words = node.words;
  for (const auto &[name, summary] : node.commands) words.push_back(name);
  return fmt::format("{}", fmt::join(words, " "));
}

// The values of the option that stands before the cursor; an option of any value leaves the file
// names to bash.
std::string bash_value_cases(const CompletionNode &node) {
  std::string text;
  for (const CompletionOption &option : node.options) {
    if (!option.takes_value) continue;
    std::vector<std::string> patterns;
    for (const std::string &name : option.names) {
      patterns.push_back(shell_quoted(node.path + ' ' + name));
    }
    text += fmt::format("    {}) options= words={} ;;\n", fmt::join(patterns, "|"),
                        shell_quoted(fmt::format("{}", fmt::join(option.values, " "))));
  }
  return text;
}

}  // namespace

std::string bash_completion(const std::vector<CompletionNode> &nodes) {
  std::string steps, offers, values;
  for (const CompletionNode &node : nodes) {
    for (const auto &[name, summary] : node.commands) {
      const std::string next = node.path.empty() ? name : node.path + ' ' + name;
      steps += fmt::format("      {}) command={} ;;\n", shell_quoted(node.path + ' ' + name),
                           shell_quoted(next));
    }
    offers += fmt::format("    {}) options={} words={} ;;\n", shell_quoted(node.path),
                          shell_quoted(all_options(node)), shell_quoted(all_words(node)));
    values += bash_value_cases(node);
  }
  return bash_head + steps + "    esac\n  done\n  case \"$command\" in\n" + offers +
         "  esac\n  case \"$command $previous\" in\n" + values + bash_tail;
}

}  // namespace pictor::host
