#include "plan/record_reader.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <fmt/format.h>

#include <cstring>

namespace pictor::host {
namespace {

constexpr std::size_t piece = 1 << 20;
constexpr std::size_t longest_row = 16 << 20;

char separator_of(PromptFormat format) {
  if (format == PromptFormat::csv) return ',';
  return format == PromptFormat::tsv ? '\t' : '\0';
}

}  // namespace

RecordReader::RecordReader(const PromptFile &file)
    : file_(file), separator_(separator_of(file.format())) {
  refill();
  if (std::string_view(buffer_).starts_with(byte_order_mark)) {
    start_ = scanned_ = byte_order_mark.size();
  }
}

bool RecordReader::next(Record &record) {
  while (read_record(record)) {
    if (record.too_long || record.text.find_first_not_of(" \t\r") != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool RecordReader::read_record(Record &record) {
  record = {.text = {}, .offset = buffer_offset_ + start_, .line = line_};
  state_ = State::cell_start;
  lines_in_record_ = 0;
  while (!find_end()) {
    if (!refill()) break;
    if (scanned_ - start_ <= longest_row) continue;
    if (state_ == State::quoted) refuse_open_quote(quote_line_);
    record.too_long = true;
    start_ = scanned_;  // what was read of it is not kept
  }
  if (state_ == State::quoted) refuse_open_quote(quote_line_);
  const bool ended = scanned_ < buffer_.size();
  if (!ended && start_ == scanned_ && !record.too_long) return false;
  std::string_view text = std::string_view(buffer_).substr(start_, scanned_ - start_);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.size() > longest_row) record.too_long = true;
  if (!record.too_long) record.text = text;
  line_ += lines_in_record_ + 1;
  start_ = scanned_ = ended ? scanned_ + 1 : scanned_;
  return true;
}

bool RecordReader::find_end() {
  if (separator_ != 0) return scan_csv();
  const char *from = buffer_.data() + scanned_;
  const void *found = std::memchr(from, '\n', buffer_.size() - scanned_);
  scanned_ = found == nullptr
                 ? buffer_.size()
                 : static_cast<std::size_t>(static_cast<const char *>(found) - buffer_.data());
  return found != nullptr;
}

bool RecordReader::scan_csv() {
  for (; scanned_ < buffer_.size(); ++scanned_) {
    const char c = buffer_[scanned_];
    if (state_ == State::quoted) {
      if (c == '"') state_ = State::after_quote;
      if (c == '\n') ++lines_in_record_;
      continue;
    }
    if (c == '\n') return true;
    if (c == '"' && state_ != State::plain) {
      if (state_ == State::cell_start) quote_line_ = line_ + lines_in_record_;
      state_ = State::quoted;
    } else {
      state_ = c == separator_ ? State::cell_start : State::plain;
    }
  }
  return false;
}

// Drops the rows behind start_ and reads the next piece; false at the end of the file.
bool RecordReader::refill() {
  if (at_end_) return false;
  buffer_.erase(0, start_);
  buffer_offset_ += start_;
  scanned_ -= start_;
  start_ = 0;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + piece);
  const std::size_t got = file_.read(buffer_offset_ + had, buffer_.data() + had, piece);
  buffer_.resize(had + got);
  at_end_ = got < piece;
  return got > 0;
}

void RecordReader::refuse_open_quote(std::uint64_t line) const {
  throw Error(fmt::format("{}:{}: the quote that opens here is never closed", file_.name(), line),
              "close it, or write quotes within a cell twice (\"\")");
}

}  // namespace pictor::host
