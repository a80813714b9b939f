#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pictor::remote {

// An absolute http or https URL, as libcurl reads it: numeric hosts such as 0x7f.1 come out as the
// address that they mean.
struct Url {
  std::string text;
  std::string scheme;  // http or https
  std::string host;    // lower case; an IPv6 address without its brackets
  std::string port;

  // Nothing for what is no such URL.
  static std::optional<Url> parse(std::string_view text);
  // Where a Location of this URL leads, relative ones too.
  std::optional<Url> follow(const std::string &location) const;
  // scheme://host:port
  std::string origin() const;
};

}  // namespace pictor::remote
