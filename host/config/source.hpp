#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pictor::host {

// A text with a name: what places point into.
class Source {
 public:
  // Reads a file; throws Error when it is missing, unreadable, a folder, not UTF-8 or larger than
  // 16 MiB. A byte order mark is left out.
  static std::shared_ptr<const Source> read(const std::filesystem::path &path);
  Source(std::string name, std::string text);

  const std::string &name() const { return name_; }
  const std::string &text() const { return text_; }
  std::string_view line(int number) const;  // from 1, without its end; empty past the last

 private:
  std::string name_;
  std::string text_;
};

// A position in a source. `line` counts from 1; 0: the source as a whole, as for a command-line
// flag. `column` and `length` count bytes, `column` from 1.
struct Place {
  std::shared_ptr<const Source> source;
  int line = 0;
  int column = 0;
  int length = 1;
};

// The place of a byte of the source's text.
Place place_at(std::shared_ptr<const Source> source, std::size_t offset, int length = 1);

// "run.yaml:2:5: <message>\n  <the line>\n      ^~~~": the form of every located error. Columns are
// shown in characters; nothing in the text can steer a terminal.
std::string point_at(const Place &place, const std::string &message);

// Throws Error with that text.
[[noreturn]] void fail(const Place &place, const std::string &message, std::string hint = {});

// The same without the line itself, for a line that may hold a secret.
std::string point_without_line(const Place &place, const std::string &message);

}  // namespace pictor::host
