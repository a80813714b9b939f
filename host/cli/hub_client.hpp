#pragma once

#include "base/json.hpp"
#include "cli/hub_settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pictor::host {

// Reads from the Hub over HTTP, one request at a time. The token goes to the endpoint and to no
// other host, whatever redirects say.
class HubClient {
 public:
  explicit HubClient(const HubSettings &settings);
  ~HubClient();
  HubClient(const HubClient &) = delete;
  HubClient &operator=(const HubClient &) = delete;

  // The JSON at `path` of the endpoint. Throws Error: exit code authentication for a repository
  // that wants a token or its terms accepted.
  Json json(const std::string &path);

  // Where a download's bytes go.
  struct Sink {
    // Before the first byte: whether they follow what was asked to be left out, or begin anew.
    std::function<void(bool continued)> begin;
    std::function<void(std::string_view bytes)> write;
  };

  // The file at `path` without its first `from` bytes, when the server can leave them out. Throws
  // Broken where asking again may help, Error otherwise.
  void download(const std::string &path, std::uint64_t from, const Sink &sink);

  // A connection that broke, or a server that is busy.
  struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

 private:
  struct Answer;
  struct Free {
    void operator()(void *easy) const;
  };

  void get(std::string url, std::uint64_t from, Answer &answer);
  void perform(const std::string &url, std::uint64_t from, Answer &answer);
  [[noreturn]] void refuse(const std::string &url, const Answer &answer) const;

  const HubSettings &settings_;
  std::unique_ptr<void, Free> easy_;
};

}  // namespace pictor::host
