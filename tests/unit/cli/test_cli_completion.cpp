#include "cli/command_line.hpp"
#include "cli/completion.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace pictor::host;

namespace {

std::vector<CompletionNode> nodes() {
  GlobalOptions options;
  const CommandLine line(options);
  return completion_nodes(line.app());
}

const CompletionNode &node(const std::vector<CompletionNode> &all, const std::string &path) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const CompletionNode &each) { return each.path == path; });
  REQUIRE(found != all.end());
  return *found;
}

std::size_t times(const CompletionNode &node, const std::string &name) {
  return static_cast<std::size_t>(
      std::count_if(node.options.begin(), node.options.end(), [&](const CompletionOption &option) {
        return std::count(option.names.begin(), option.names.end(), name) > 0;
      }));
}

}  // namespace

TEST_CASE("completion offers every command") {
  const auto all = nodes();
  for (const CommandEntry &entry : commands()) {
    INFO(entry.name);
    const auto found = std::count_if(all.begin(), all.end(), [&](const CompletionNode &each) {
      return each.path == entry.name;
    });
    CHECK(found == 1);
  }
}

TEST_CASE("completion knows a command's options and the global ones, once each") {
  const auto all = nodes();
  for (const std::string name : {"--help", "--format", "--limit", "--dry-run", "-v"}) {
    INFO(name);
    CHECK(times(node(all, "run"), name) == 1);
  }
  CHECK(times(node(all, ""), "--limit") == 0);
}

TEST_CASE("completion knows the values of an option and of an argument") {
  const auto all = nodes();
  CHECK(node(all, "completion").words == std::vector<std::string>{"bash", "zsh", "fish"});
  for (const CompletionOption &option : node(all, "run").options) {
    if (option.names.back() == "--format") {
      CHECK(option.takes_value);
      CHECK(option.values == std::vector<std::string>{"human", "json", "quiet"});
    }
    if (option.names.back() == "--dry-run") CHECK_FALSE(option.takes_value);
  }
}

TEST_CASE("words are quoted as shells read them") {
  CHECK(shell_quoted("a b") == "'a b'");
  CHECK(shell_quoted("a run's") == "'a run'\\''s'");
}
