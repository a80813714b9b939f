#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pictor::host {

// A text with a name: what places point into.
class Source {
 public:
  // Reads a file; throws Error when it is missing, unreadable, a folder, not UTF-8 or larger than
  // 16 MiB.
  static std::shared_ptr<const Source> read(const std::filesystem::path &path);
  Source(std::string name, std::string text);

  const std::string &name() const { return name_; }
  const std::string &text() const { return text_; }
  std::string_view line(int number) const;  // from 1; empty past the end

 private:
  std::string name_;
  std::string text_;
};

// A position in a source, 1-based; line 0: nowhere in particular.
struct Place {
  std::shared_ptr<const Source> source;
  int line = 0;
  int column = 0;
  int length = 1;
};

// "run.yaml:2:5: <message>\n  <the line>\n      ^~~~": the form of every located error.
std::string point_at(const Place &place, const std::string &message);

}  // namespace pictor::host
