#pragma once

#include <string>
#include <string_view>

struct curl_slist;

namespace pictor::remote {

// Overwrites a text and empties it.
void wipe(std::string &text) noexcept;

// Whether a text would end its header line and begin another.
bool has_line_break(std::string_view text);

// Header lines as libcurl takes them; overwritten before they are freed, as some hold secrets.
class HeaderLines {
 public:
  HeaderLines() = default;
  ~HeaderLines() { clear(); }
  HeaderLines(const HeaderLines &) = delete;
  HeaderLines &operator=(const HeaderLines &) = delete;

  // Throws std::bad_alloc.
  void add(const std::string &line);
  void clear() noexcept;
  curl_slist *get() const { return list_; }

 private:
  curl_slist *list_ = nullptr;
};

}  // namespace pictor::remote
