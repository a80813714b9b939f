#include "cli/completion.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace pictor::host {
namespace {

constexpr const char *fish_head =
    R"(# fish completion for pictor, written by `pictor completion fish`
function __pictor_command
    set -l command ''
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
)";

constexpr const char *script_middle = R"(        end
    end
    echo -- $command
end
function __pictor_at
    set -l command (__pictor_command)
    test "$command" = "$argv[1]"
end
)";

// fish reads \\ and \' inside single quotes, and no other escapes.
std::string fish_quoted(std::string_view word) {
  std::string text = "'";
  for (const char letter : word) {
    if (letter == '\'' || letter == '\\') text += '\\';
    text += letter;
  }
  return text + "'";
}

std::string spelling(const std::string &name) {
  if (name.starts_with("--")) return "-l " + name.substr(2);
  return "-s " + name.substr(1);
}

std::string option_line(const std::string &at, const CompletionOption &option) {
  std::string line = at;
  for (const std::string &name : option.names) line += ' ' + spelling(name);
  if (option.takes_value) line += " -r";
  if (!option.values.empty()) {
    line += fmt::format(" -f -a {}", fish_quoted(fmt::format("{}", fmt::join(option.values, " "))));
  }
  return line + fmt::format(" -d {}\n", fish_quoted(option.summary));
}

}  // namespace

std::string fish_completion(const std::vector<CompletionNode> &nodes) {
  std::string steps, offers;
  for (const CompletionNode &node : nodes) {
    const std::string at = fmt::format("complete -c pictor -n {}",
                                       fish_quoted(fmt::format("__pictor_at '{}'", node.path)));
    for (const auto &[name, summary] : node.commands) {
      const std::string next = node.path.empty() ? name : node.path + ' ' + name;
      steps += fmt::format("            case {}\n                set command {}\n",
                           fish_quoted(node.path + ' ' + name), fish_quoted(next));
      offers += fmt::format("{} -f -a {} -d {}\n", at, name, fish_quoted(summary));
    }
    for (const std::string &word : node.words) offers += fmt::format("{} -f -a {}\n", at, word);
    for (const CompletionOption &option : node.options) offers += option_line(at, option);
  }
  return fish_head + steps + script_middle + offers;
}

}  // namespace pictor::host
