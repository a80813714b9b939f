#include "cli/hub_client.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>

namespace pictor::host {
namespace {

constexpr int most_redirects = 8;
constexpr std::size_t largest_document = 64 << 20;  // of a repository with 100,000 files
constexpr std::size_t largest_explanation = 16 << 10;
constexpr long connect_seconds = 30;
constexpr long silent_seconds = 60;  // with less than a byte a second: the connection is dead

template <typename Value>
void set(void *easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code == CURLE_OK) return;
  throw Error(fmt::format("libcurl: {}", curl_easy_strerror(code)), {}, ExitCode::internal);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

// "https://hub:8443" of an address; what differs in any part of it is another place.
std::string origin_of(const std::string &url) {
  CURLU *parts = curl_url();
  std::string origin;
  if (curl_url_set(parts, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
    for (const CURLUPart part : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT}) {
      char *text = nullptr;
      if (curl_url_get(parts, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        origin += lower(text) + " ";
      }
      curl_free(text);
    }
  }
  curl_url_cleanup(parts);
  return origin;
}

using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

}  // namespace

// What one request brings, redirects followed or not.
struct HubClient::Answer {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // of an answer that is no download
  std::size_t largest_body = largest_document;
  const Sink *sink = nullptr;
  std::exception_ptr thrown;  // by the sink; C code lies between

  std::string header(const std::string &name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {
      headers.clear();
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    const std::size_t end = line.find_last_not_of(" \t\r\n");
    if (begin == line.npos || end == line.npos || end < begin) return;
    headers[lower(std::string(line.substr(0, colon)))] =
        std::string(line.substr(begin, end - begin + 1));
  }

  // False ends the transfer.
  bool take_body(std::string_view bytes, long now) {
    const bool begins = status == 0;
    status = now;
    if (sink != nullptr && (now == 200 || now == 206)) {
      try {
        if (begins) sink->begin(now == 206);
        sink->write(bytes);
        return true;
      } catch (...) {
        thrown = std::current_exception();
        return false;
      }
    }
    if (body.size() + bytes.size() > (now == 200 ? largest_body : largest_explanation)) {
      return now != 200;
    }
    body += bytes;
    return true;
  }
};

void HubClient::Free::operator()(void *easy) const {
  curl_easy_cleanup(easy);
}

HubClient::HubClient(const HubSettings &settings) : settings_(settings), easy_(curl_easy_init()) {
  if (!easy_) throw Error("libcurl cannot start", {}, ExitCode::internal);
}

HubClient::~HubClient() = default;

Json HubClient::json(const std::string &path) {
  const std::string url = settings_.endpoint + path;
  Answer answer;
  try {
    get(url, 0, answer);
  } catch (const Broken &broken) {
    throw Error(broken.what(), "is the network there? HF_ENDPOINT names another hub");
  }
  Json document = Json::parse(answer.body, nullptr, false);
  if (document.is_discarded() || !document.is_object()) {
    throw Error(fmt::format("{} did not answer as the Hugging Face Hub does", url),
                "is HF_ENDPOINT the address of a hub?");
  }
  return document;
}

void HubClient::download(const std::string &path, std::uint64_t from, const Sink &sink) {
  Answer answer;
  answer.sink = &sink;
  get(settings_.endpoint + path, from, answer);
}

void HubClient::get(std::string url, std::uint64_t from, Answer &answer) {
  const Answer empty = answer;
  for (int count = 0; count <= most_redirects; ++count) {
    answer = empty;
    perform(url, from, answer);
    if (answer.status < 300 || answer.status >= 400) {
      if (answer.status != 200 && answer.status != 206) refuse(url, answer);
      return;
    }
    char *next = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &next);
    if (next == nullptr) refuse(url, answer);
    url = next;
  }
  throw Error(
      fmt::format("{} leads from one address to the next without an end", terminal_safe(url)));
}

void HubClient::perform(const std::string &url, std::uint64_t from, Answer &answer) {
  void *easy = easy_.get();
  curl_easy_reset(easy);
  std::array<char, CURL_ERROR_SIZE> words{};
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_ERRORBUFFER, words.data());
  set(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  set(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  set(easy, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, silent_seconds);
  set(easy, CURLOPT_USERAGENT, "pictor/" PICTOR_VERSION);
  const bool ours = origin_of(url) == origin_of(settings_.endpoint);
  Headers headers{nullptr, &curl_slist_free_all};
  if (ours && !settings_.token.empty()) {
    const std::string line = "Authorization: Bearer " + settings_.token;
    headers.reset(curl_slist_append(nullptr, line.c_str()));
    set(easy, CURLOPT_HTTPHEADER, headers.get());
  }
  // Compression would make a range of other bytes.
  const std::string range = std::to_string(from) + "-";
  if (from > 0) set(easy, CURLOPT_RANGE, range.c_str());
  set(easy, CURLOPT_HEADERDATA, &answer);
  set(easy, CURLOPT_HEADERFUNCTION,
      static_cast<curl_write_callback>([](char *data, size_t, size_t size, void *to) -> size_t {
        static_cast<Answer *>(to)->take_header({data, size});
        return size;
      }));
  struct Body {
    Answer &answer;
    void *easy;
  } body{answer, easy};
  set(easy, CURLOPT_WRITEDATA, &body);
  set(easy, CURLOPT_WRITEFUNCTION,
      static_cast<curl_write_callback>([](char *data, size_t, size_t size, void *to) -> size_t {
        auto *target = static_cast<Body *>(to);
        long status = 0;
        curl_easy_getinfo(target->easy, CURLINFO_RESPONSE_CODE, &status);
        return target->answer.take_body({data, size}, status) ? size : 0;
      }));
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
  if (answer.thrown) std::rethrow_exception(answer.thrown);
  if (code == CURLE_OK) return;
  throw Broken(fmt::format("{}: {}", terminal_safe(url),
                           words[0] != 0 ? terminal_safe(words.data()) : curl_easy_strerror(code)));
}

void HubClient::refuse(const std::string &url, const Answer &answer) const {
  const std::string code = answer.header("x-error-code");
  const std::string words = answer.header("x-error-message");
  const std::string message =
      fmt::format("{} answers {}{}", terminal_safe(url), answer.status,
                  words.empty() ? "" : ": " + terminal_safe(shortened(words, 200)));
  const bool foreign = origin_of(url) != origin_of(settings_.endpoint);
  if (answer.status == 429 || answer.status >= 500 || foreign) throw Broken(message);
  if (code == "GatedRepo") {
    throw Error(message,
                "accept the model's terms on its page, and set HF_TOKEN or log in with "
                "`hf auth login`",
                ExitCode::authentication);
  }
  if (code == "RevisionNotFound" || code == "EntryNotFound") {
    throw Error(message, "--revision names a branch, a tag or a commit of the repository");
  }
  if (answer.status == 401 || answer.status == 403) {
    throw Error(message,
                settings_.token.empty()
                    ? "there is no such repository, or it is private or gated: then set HF_TOKEN, "
                      "or log in with `hf auth login`"
                    : "there is no such repository, or the token has no access to it",
                ExitCode::authentication);
  }
  if (answer.status == 404) throw Error(message, "is the repository's name right?");
  throw Error(message);
}

}  // namespace pictor::host
