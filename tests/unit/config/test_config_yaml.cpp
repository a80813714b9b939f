#include "base/error.hpp"
#include "config/yaml.hpp"
#include "support/catch.hpp"
#include "support/marked_yaml.hpp"

#include <fmt/format.h>

using namespace pictor::host;
using pictor::test::MarkedYaml;

namespace {

YamlNode parse(std::string text) {
  return parse_yaml(std::make_shared<const Source>("run.yaml", std::move(text)));
}

// The tree on one line: plain scalars bare, others quoted.
std::string print(const YamlNode &node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "null";
    case YamlNode::Kind::scalar:
      return node.plain ? node.text : fmt::format("'{}'", node.text);
    case YamlNode::Kind::list: {
      std::string items;
      for (const YamlNode &item : node.items)
        items += fmt::format("{}{}", items.empty() ? "" : " ", print(item));
      return fmt::format("[{}]", items);
    }
    case YamlNode::Kind::map: {
      std::string entries;
      for (const YamlEntry &entry : node.entries) {
        entries += fmt::format("{}{}={}", entries.empty() ? "" : " ", print(entry.key),
                               print(entry.value));
      }
      return fmt::format("{{{}}}", entries);
    }
  }
  return {};
}

std::string parsed(const std::string &text) {
  return print(parse(text));
}

std::string yaml_error(const std::string &marked) {
  const MarkedYaml yaml(marked);
  try {
    return fmt::format("no error: {}", parsed(yaml.text));
  } catch (const Error &error) {
    return yaml.message_at_mark(error.what());
  }
}

}  // namespace

TEST_CASE("a document becomes a tree of texts") {
  CHECK(parsed("a: 1\nb: ['x', \"y\", z]\nc:\n  d: |\n    text\n") ==
        "{a=1 b=['x' 'y' z] c={d='text\n'}}");
  CHECK(parsed("a: 1\r\nb: two\r\n") == "{a=1 b=two}");
  CHECK(parsed("a: !!str 2\nb: !!int 3\n") == "{a='2' b=3}");
  CHECK(parsed("%YAML 1.1\n---\na: yes\n") == "{a=yes}");
  CHECK(parsed("a:\nb: ~\n") == "{a=null b=null}");
  CHECK(parsed("") == "null");
  CHECK(parsed("# nothing\n") == "null");
  CHECK(parsed("a: # comment\n  b") == "{a=b}");
}

TEST_CASE("aliases stand for what they name") {
  CHECK(parsed("a: &x {k: 1}\nb: *x\nc: [*x, *x]\n") == "{a={k=1} b={k=1} c=[{k=1} {k=1}]}");
}

TEST_CASE("places are those of the values") {
  const YamlNode root = parse("a:\n  b: \"q\"\n  c:\nd: &x word\n");
  const YamlNode *b = root.find("a")->find("b");
  CHECK(b->place.line == 2);
  CHECK(b->place.column == 6);
  CHECK(b->place.length == 3);
  CHECK(root.find("a")->find("c")->place.line == 3);
  CHECK(root.find("d")->place.length == 7);
}

TEST_CASE("what yaml-cpp lets pass is refused at its place") {
  CHECK(yaml_error("a: 1\nb: 2\n[[a]]: 3\n") == "duplicate key 'a': it already stands in line 1");
  CHECK(yaml_error("a: {b: 1, [[b]]: 2}\n") == "duplicate key 'b': it already stands in line 1");
  CHECK(yaml_error("a: [[\"]]x\nb: 3\n") == "this quote is never closed");
  CHECK(yaml_error("a: [[']]x\nb: 3''\n") == "this quote is never closed");
  CHECK(yaml_error("a: 1\n[[-]]--\nb: 2\n") == "a second document begins here");
  CHECK(yaml_error("a: &x {b: 1}\nc:\n  [[<<]]: *x\n") == "merge keys ('<<') are not read");
  CHECK(yaml_error("a: &x [1, [[*]]x]\n") == "an alias cannot stand within its own anchor");
  CHECK_THAT(yaml_error("a: !thing 1\n"), ContainsSubstring("run.yaml:1:4: the tag !thing"));
  CHECK_THAT(yaml_error("a: !!binary aGk=\n"), ContainsSubstring("means nothing here"));
  CHECK_THAT(yaml_error("? [x]\n: y\n"), ContainsSubstring("a key must be plain text"));
  CHECK_THAT(yaml_error("? \n: y\n"), ContainsSubstring("a key must be plain text"));
  CHECK_THAT(yaml_error(std::string("a: 1\nb: x\x04y\nc: 2\n")),
             ContainsSubstring("run.yaml:2:5: the control character 0x04"));
  CHECK_THAT(yaml_error(std::string("a: \0", 4)), ContainsSubstring("0x00"));
}

TEST_CASE("a syntax error keeps its place") {
  CHECK_THAT(yaml_error("a:\n\tb: 1\n"), ContainsSubstring("run.yaml:2:3: this is not YAML"));
  CHECK_THAT(yaml_error("a: [1, 2\n"), ContainsSubstring("end of sequence flow not found"));
  CHECK_THAT(yaml_error("a: b: c\n"), ContainsSubstring("run.yaml:1:5: this is not YAML"));
  CHECK_THAT(yaml_error("a: *nope\n"), ContainsSubstring("anchor is not defined"));
}

TEST_CASE("the usual reason of a syntax error is the hint") {
  const auto hint_of = [](const std::string &text) -> std::string {
    try {
      parse(text);
    } catch (const Error &error) {
      return error.hint();
    }
    return "no error";
  };
  CHECK_THAT(hint_of("a:\n\tb: 1\n"), ContainsSubstring("tab"));
  CHECK_THAT(hint_of("a: b: c\n"), ContainsSubstring("quotes"));
  CHECK_THAT(hint_of("a: {b: 1\n"), ContainsSubstring("'}'"));
}

TEST_CASE("depth and number of values are bounded") {
  CHECK_THAT(yaml_error("a: " + std::string(100000, '[')),
             ContainsSubstring("more than 64 levels"));
  CHECK_THAT(yaml_error("a: " + std::string(63, '[') + std::string(64, ']')),
             !ContainsSubstring("levels"));
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 70; ++i) {
    chain += fmt::format("a{}: &a{} [*a{}]\n", i, i, i - 1);
  }
  CHECK_THAT(yaml_error(chain), ContainsSubstring("more than 64 levels"));
}

TEST_CASE("a few lines of aliases do not become billions of values") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int k = 0; k < 10; ++k) bomb += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  CHECK_THAT(yaml_error(bomb), ContainsSubstring("more than 1000000 values"));
}
