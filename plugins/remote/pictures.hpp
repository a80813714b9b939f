#pragma once

#include "remote/http_client.hpp"
#include <pictor/image.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pictor::remote {

// The media type by the first bytes: image/png, image/jpeg, image/webp, image/gif, image/svg+xml,
// image/avif. Empty for anything else.
std::string_view media_type_of(std::span<const std::uint8_t> bytes);

// An encoded picture, after a look at its first bytes and its end (a cut PNG, JPEG or WebP). Throws
// pictor::Error(protocol) that says what came instead ("an HTML page", "nothing", the first bytes);
// after the provider drew, so it is marked billed when `bills`.
Image picture_from(std::vector<std::uint8_t> bytes, bool bills);

struct DownloadRules {
  bool allow_private = false;  // loopback and private addresses too
  bool allow_http = false;     // plain http too
  std::uint64_t max_bytes = 64u << 20;
  std::chrono::milliseconds timeout{120'000};
  int attempts = 4;  // a download is free: repeated by itself, 0.5 s doubling to 8 s
  std::chrono::milliseconds first_pause{500};
};

// Fetches a picture that an answer named by URL: without any header of ours, at most 5 redirects,
// each checked like the first. `done` gets the picture, or the Error: billed (when `bills`), as the
// provider drew and the picture is lost.
void download(HttpClient &client, std::string url, const DownloadRules &rules, bool bills,
              std::function<bool()> cancelled,
              std::function<void(std::variant<Image, Error>)> done);

}  // namespace pictor::remote
