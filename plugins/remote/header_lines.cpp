#include "remote/header_lines.hpp"

#include <curl/curl.h>
#include <string.h>  // explicit_bzero

#include <new>
#include <utility>

namespace pictor::remote {

void wipe(std::string &text) noexcept {
  // What lies between size and capacity may be the rest of a longer text.
  explicit_bzero(text.data(), text.capacity());
  text.clear();
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

void HeaderLines::add(const std::string &line) {
  curl_slist *longer = curl_slist_append(list_, line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  list_ = longer;
}

void HeaderLines::clear() noexcept {
  for (curl_slist *node = list_; node != nullptr; node = node->next) {
    explicit_bzero(node->data, strlen(node->data));
  }
  curl_slist_free_all(std::exchange(list_, nullptr));
}

}  // namespace pictor::remote
