#include "config/yaml.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <map>
#include <optional>
#include <streambuf>
#include <unordered_map>

namespace pictor::host {
namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t most_nodes = 1'000'000;
constexpr std::string_view yaml_tag = "tag:yaml.org,2002:";

// Where the node's own text begins, after its anchor and tag.
std::size_t skip_properties(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    offset = std::min(text.find_first_of(" \n\r\t,]}", offset), text.size());
    offset = std::min(text.find_first_not_of(" \n\r\t", offset), text.size());
  }
  return offset;
}

// The position after the quote that closes the one at `offset`; npos when there is none.
std::size_t after_quoted(std::string_view text, std::size_t offset) {
  const char quote = text[offset];
  for (std::size_t i = offset + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

std::size_t size_of(const YamlNode &node) {
  std::size_t size = 1;
  for (const YamlNode &item : node.items) size += size_of(item);
  for (const YamlEntry &entry : node.entries) size += 1 + size_of(entry.value);
  return size;
}

std::size_t depth_of(const YamlNode &node) {
  std::size_t depth = 0;
  for (const YamlNode &item : node.items) depth = std::max(depth, depth_of(item));
  for (const YamlEntry &entry : node.entries) depth = std::max(depth, depth_of(entry.value));
  return depth + 1;
}

// Builds the tree from yaml-cpp's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::shared_ptr<const Source> &source) : source_(source) {}

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark &mark) override {
    if (documents_++ > 0) {
      fail(place_of(mark), "a second document begins here",
           "a job file is one document: remove the line '---' or '...'");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    add(YamlNode::make(YamlNode::Kind::null, place_of(mark)), anchor);
  }

  void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      fail(place_of(mark), "an alias cannot stand within its own anchor");
    if (open_.size() + found->second.depth > deepest) too_deep(place_of(mark));
    // Counted before it is copied: a few lines of aliases can stand for billions of nodes.
    count(found->second.size, place_of(mark));
    place(found->second.node);
  }

  void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                const std::string &value) override {
    YamlNode node = YamlNode::make(YamlNode::Kind::scalar, place_of(mark), value);
    node.plain = is_plain(tag, node.place);
    node.place.length = extent(static_cast<std::size_t>(mark.pos), value, node.place);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override {
    refuse_duplicates(open_.back().node);
    close();
  }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    std::optional<YamlNode> key;  // of a map: read, its value not yet
  };
  struct Anchored {
    YamlNode node;
    std::size_t size, depth;
  };

  Place place_of(const YAML::Mark &mark) const {
    return {source_, mark.line + 1, mark.column + 1, 1};
  }

  [[noreturn]] void too_deep(const Place &place) const {
    fail(place, fmt::format("more than {} levels are not read", deepest));
  }

  void count(std::size_t more, const Place &place) {
    nodes_ += more;
    if (nodes_ <= most_nodes) return;
    fail(place, fmt::format("more than {} values are not read", most_nodes),
         "put prompts into a file of their own: prompts: prompts.jsonl");
  }

  bool is_plain(const std::string &tag, const Place &place) const {
    if (tag == "?") return true;
    if (tag.empty() || tag == "!" || tag == fmt::format("{}str", yaml_tag)) return false;
    const std::array<std::string_view, 4> types = {"int", "float", "bool", "null"};
    if (tag.starts_with(yaml_tag) &&
        std::find(types.begin(), types.end(), tag.substr(yaml_tag.size())) != types.end()) {
      return true;
    }
    fail(place, "the tag " + tag + " means nothing here", "remove the tag");
  }

  // How many bytes of its first line a scalar takes.
  int extent(std::size_t offset, const std::string &value, const Place &place) const {
    const std::string &text = source_->text();
    const std::size_t start = skip_properties(text, offset);
    if (start >= text.size()) return 1;
    std::size_t end = start + 1;
    if (text[start] == '"' || text[start] == '\'') {
      end = after_quoted(text, start);
      if (end == std::string::npos) fail(place, "this quote is never closed");
    } else if (text.compare(start, value.size(), value) == 0) {
      end = start + value.size();
    }
    const std::size_t line_end = std::min(text.find_first_of("\r\n", offset), text.size());
    return std::max(1, static_cast<int>(std::min(end, line_end) - offset));
  }

  void open(YamlNode::Kind kind, const YAML::Mark &mark, const std::string &tag,
            YAML::anchor_t anchor) {
    const Place place = place_of(mark);
    const bool known = tag.empty() || tag == "?" || tag == "!" ||
                       tag == fmt::format("{}map", yaml_tag) ||
                       tag == fmt::format("{}seq", yaml_tag);
    if (!known) fail(place, "the tag " + tag + " means nothing here", "remove the tag");
    if (open_.size() >= deepest) too_deep(place);
    count(1, place);
    open_.push_back({YamlNode::make(kind, place), anchor, std::nullopt});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    remember(done.node, done.anchor);
    place(std::move(done.node));
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    count(1, node.place);
    remember(node, anchor);
    place(std::move(node));
  }

  void remember(const YamlNode &node, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    const std::size_t size = size_of(node);
    count(size, node.place);
    anchors_[anchor] = {node, size, depth_of(node)};
  }

  void place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open &parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      require_key(node);
      parent.key = std::move(node);
    } else {
      // yaml-cpp gives an empty value the place of what comes next.
      if (node.kind == YamlNode::Kind::null) node.place = parent.key->place;
      parent.node.entries.push_back({*std::move(parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  static void require_key(const YamlNode &node) {
    if (node.kind != YamlNode::Kind::scalar) fail(node.place, "a key must be plain text");
    if (node.plain && node.text == "<<") {
      fail(node.place, "merge keys ('<<') are not read",
           "write the keys out, or give the whole value an anchor (&name) and repeat it (*name)");
    }
  }

  static void refuse_duplicates(const YamlNode &map) {
    std::unordered_map<std::string_view, int> lines;
    for (const YamlEntry &entry : map.entries) {
      const auto [seen, is_new] = lines.emplace(entry.key.text, entry.key.place.line);
      if (is_new) continue;
      fail(entry.key.place, fmt::format("duplicate key '{}': it already stands in line {}",
                                        entry.key.text, seen->second));
    }
  }

  std::shared_ptr<const Source> source_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// yaml-cpp takes the byte 4 for the end of the file, and others for text that YAML forbids.
void refuse_control_characters(const std::shared_ptr<const Source> &source) {
  const std::string &text = source->text();
  const auto forbidden = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  };
  const auto found = std::find_if(text.begin(), text.end(), forbidden);
  if (found == text.end()) return;
  fail(place_at(source, static_cast<std::size_t>(found - text.begin())),
       fmt::format("the control character 0x{:02x} is not allowed in YAML",
                   static_cast<unsigned>(static_cast<unsigned char>(*found))),
       "remove it, or write it in double quotes as \\x..");
}

// yaml-cpp's words in the user's, with the usual reason.
[[noreturn]] void fail_as_yaml(const YAML::Exception &error,
                               const std::shared_ptr<const Source> &source) {
  const Place place{source, std::max(error.mark.line, 0) + 1, std::max(error.mark.column, 0) + 1,
                    1};
  const std::string_view line = source->line(place.line);
  const std::string_view indent = line.substr(0, line.find_first_not_of(" \t"));
  std::string hint;
  if (indent.find('\t') != std::string_view::npos) {
    hint = "this line is indented with a tab; YAML indents with spaces only";
  } else if (error.msg == "illegal map value") {
    hint = "a value that holds ': ' needs quotes around it";
  } else if (error.msg == "end of sequence flow not found") {
    hint = "a list that begins with '[' ends with ']'";
  } else if (error.msg == "end of map flow not found") {
    hint = "a map that begins with '{' ends with '}'";
  } else if (error.msg == "unknown token") {
    hint = "a value that begins with one of @ ` % needs quotes around it";
  }
  fail(place, "this is not YAML: " + error.msg, hint);
}

// Lets a stream read a text in place.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(const std::string &text) {
    char *start = const_cast<char *>(text.data());  // only read: no put area is set
    setg(start, start, start + text.size());
  }
};

}  // namespace

YamlNode YamlNode::make(Kind kind, Place place, std::string text, bool plain) {
  YamlNode node;
  node.kind = kind;
  node.text = std::move(text);
  node.plain = plain;
  node.place = std::move(place);
  return node;
}

const YamlNode *YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const YamlEntry &entry) { return entry.key.text == key; });
  return found == entries.end() ? nullptr : &found->value;
}

YamlNode parse_yaml(const std::shared_ptr<const Source> &source) {
  refuse_control_characters(source);
  TreeBuilder builder(source);
  TextBuffer buffer(source->text());
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception &error) {
    fail_as_yaml(error, source);
  }
  return builder.take_root();
}

}  // namespace pictor::host
