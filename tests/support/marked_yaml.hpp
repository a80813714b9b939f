#pragma once

#include <string>
#include <string_view>

namespace pictor::test {

// A YAML text with the range that an error must underline: marked [[so]] in the test, clangd's
// idea. ASCII, one mark at most, within one line.
struct MarkedYaml {
  explicit MarkedYaml(std::string_view marked);

  // The message when `error` points exactly at the mark in the form "NAME:LINE:COLUMN: message",
  // the line, the underline; else all of `error`, for a comparison that shows what differs.
  std::string message_at_mark(const std::string &error) const;

  std::string text;  // without the marks

 private:
  int line_ = 0;  // 0: no mark
  int column_ = 0;
  int length_ = 0;
};

}  // namespace pictor::test
