#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace pictor::host {

struct CompletionOption {
  std::vector<std::string> names;  // with their dashes
  std::string summary;
  bool takes_value = false;
  std::vector<std::string> values;  // empty: anything, so file names are offered
};

// A command, a group of them, or pictor itself.
struct CompletionNode {
  std::string path;                                           // "config check"; "" for pictor
  std::vector<std::pair<std::string, std::string>> commands;  // name and summary
  std::vector<CompletionOption> options;                      // the global ones included
  std::vector<std::string> words;                             // what its argument may be
};

// The tree as it is: what completion offers cannot differ from what is accepted.
std::vector<CompletionNode> completion_nodes(const CLI::App &root);

enum class Shell { bash, zsh, fish };
std::optional<Shell> shell_named(std::string_view name);

// A script for that shell to read; it never runs pictor.
std::string completion_script(const std::vector<CompletionNode> &nodes, Shell shell);

// A word in single quotes, as all three shells read it.
std::string shell_quoted(std::string_view word);

std::string bash_completion(const std::vector<CompletionNode> &nodes);
std::string zsh_completion(const std::vector<CompletionNode> &nodes);
std::string fish_completion(const std::vector<CompletionNode> &nodes);

}  // namespace pictor::host
