#pragma once

#include "plan/prompt_file.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pictor::host {

// One row's text. Valid until the next call.
struct Record {
  std::string_view text;     // without its line end; empty when too_long
  std::uint64_t offset = 0;  // of its first byte in the file
  std::uint64_t line = 0;    // of its first byte, from 1
  bool too_long = false;
};

// Cuts a file into rows: lines, or CSV records, whose quoted cells may hold line ends. Reads once,
// in pieces; a row of more than 16 MiB is passed over.
class RecordReader {
 public:
  explicit RecordReader(const PromptFile &file);

  // The next row, blank ones left out; false at the end. Throws Error for a quote that is never
  // closed: all rows behind it would be lost in it.
  bool next(Record &record);

 private:
  enum class State { cell_start, plain, quoted, after_quote };

  bool read_record(Record &record);
  bool find_end();  // of the record that starts at start_; false when the buffer ends before it
  bool scan_csv();
  bool refill();
  void refuse_open_quote(std::uint64_t line) const;

  const PromptFile &file_;
  char separator_ = 0;  // 0: lines
  std::string buffer_;
  std::uint64_t buffer_offset_ = 0;  // of buffer_[0] in the file
  std::size_t start_ = 0, scanned_ = 0;
  std::uint64_t line_ = 1;  // of start_
  std::uint64_t quote_line_ = 0, lines_in_record_ = 0;
  State state_ = State::cell_start;
  bool at_end_ = false;
};

}  // namespace pictor::host
