// Drives the HTTP plugins' client from a test: one JSON object a result, then one about the
// process. Usage: remote_probe KEY=VALUE...
//   url=URL  method=POST  body=BYTES (so many)  timeout=MS  connect_timeout=MS  silence=MS
//   max_bytes=N  redirects=N  secret=NAME:VALUE (sent as "Authorization: Bearer VALUE")
//   public=N (public addresses alone, from the Nth round on)
//   ca=FILE  proxy=URL  count=N (requests at once)  repeat=N (one after the other)
//   stop=cancel|refuse|end  with the first byte of every answer: cancel, refuse the bytes, or end
//                           the client
//   download=1  private=1  http=1  attempts=N
#include "remote/answers.hpp"
#include "remote/http_client.hpp"
#include "remote/pictures.hpp"
#include <pictor/model.hpp>

#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>

using namespace pictor::remote;

namespace {

std::map<std::string, std::string> options;
std::mutex printing;

std::string option(const std::string &key, const std::string &otherwise = {}) {
  const auto found = options.find(key);
  return found == options.end() ? otherwise : found->second;
}

long number(const std::string &key, long otherwise) {
  return std::stol(option(key, std::to_string(otherwise)));
}

// The one secret of this process.
pictor_status read_secret(const pictor_host *, const char *name,
                          void (*use)(void *, const char *, std::uint64_t) noexcept,
                          void *context) noexcept {
  const std::string secret = option("secret");
  const std::size_t colon = secret.find(':');
  if (colon == std::string::npos || secret.substr(0, colon) != name) return PICTOR_NOT_FOUND;
  use(context, secret.data() + colon + 1, secret.size() - colon - 1);
  return PICTOR_OK;
}

std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

void print(const std::string &line) {
  const std::lock_guard lock(printing);
  std::puts(line.c_str());
}

const char *name_of(TransferFailure::Kind kind) {
  constexpr const char *names[] = {
      "bad_url",         "resolve",   "connect",     "tls",       "timeout",   "reset", "too_large",
      "refused_address", "redirects", "undecodable", "no_secret", "cancelled", "other"};
  return names[static_cast<int>(kind)];
}

void print_result(const HttpResult &result) {
  if (const auto *answer = std::get_if<HttpAnswer>(&result)) {
    return print("{\"kind\":\"answer\",\"status\":" + std::to_string(answer->status) +
                 ",\"size\":" + std::to_string(answer->body.size()) +
                 ",\"body\":" + quoted(answer->body.substr(0, 2000)) + "}");
  }
  const auto &failure = std::get<TransferFailure>(result);
  print("{\"kind\":" + quoted(name_of(failure.kind)) + ",\"sent\":" +
        (failure.sent ? "true" : "false") + ",\"status\":" + std::to_string(failure.status) +
        ",\"request_id\":" + quoted(failure.headers.find("x-request-id").value_or("")) +
        ",\"message\":" + quoted(failure.message) + "}");
}

HttpRequest request() {
  HttpRequest made;
  made.method = option("method", options.count("body") != 0 ? "POST" : "GET");
  made.url = option("url");
  made.body.assign(static_cast<std::size_t>(number("body", 0)), 'b');
  made.timeout = std::chrono::milliseconds(number("timeout", 60'000));
  made.connect_timeout = std::chrono::milliseconds(number("connect_timeout", 10'000));
  made.silence = std::chrono::milliseconds(number("silence", 0));
  made.max_bytes = static_cast<std::uint64_t>(number("max_bytes", 64 << 20));
  made.max_redirects = static_cast<int>(number("redirects", 0));
  if (const std::string secret = option("secret"); !secret.empty()) {
    made.secret_headers.push_back({"Authorization", "Bearer ", secret.substr(0, secret.find(':'))});
  }
  return made;
}

void fetch_picture(HttpClient &client) {
  DownloadRules rules;
  rules.allow_private = number("private", 0) != 0;
  rules.allow_http = number("http", 0) != 0;
  rules.attempts = static_cast<int>(number("attempts", 1));
  rules.first_pause = std::chrono::milliseconds(1);
  rules.timeout = std::chrono::milliseconds(number("timeout", 60'000));
  rules.max_bytes = static_cast<std::uint64_t>(number("max_bytes", 64 << 20));
  std::promise<void> ended;
  download(client, option("url"), rules, true, {}, [&](auto result) {
    if (const auto *error = std::get_if<pictor::Error>(&result)) {
      print("{\"kind\":\"error\",\"status\":" + std::to_string(int(error->status())) +
            ",\"billed\":" + ((error->view().flags & PICTOR_ERROR_BILLED) != 0 ? "true" : "false") +
            ",\"message\":" + quoted(error->what()) + "}");
    } else {
      print("{\"kind\":\"picture\",\"type\":" +
            quoted(std::get<pictor::Image>(result).media_type()) + "}");
    }
    ended.set_value();
  });
  ended.get_future().wait();
}

// Sends `count` requests at once and waits for them, or for what `stop` makes of them.
void send_all(std::optional<HttpClient> &client, long count, long round) {
  const std::string stop = option("stop");
  std::atomic<long> begun = 0, ended = 0;
  std::promise<void> all_begun, all_ended;
  for (long i = 0; i < count; ++i) {
    Watch watch;
    if (round >= number("public", 1'000'000)) watch.addresses = Addresses::public_only;
    if (!stop.empty()) {
      watch.on_bytes = [&](const HttpAnswer &, std::string_view) {
        if (++begun == count) {
          all_begun.set_value();
          if (stop == "cancel") client->check_cancelled();
        }
        return stop != "refuse";
      };
      watch.cancelled = [&] { return stop == "cancel" && begun >= count; };
    }
    client->send(
        request(),
        [&](HttpResult result) {
          print_result(result);
          if (++ended == count) all_ended.set_value();
        },
        std::move(watch));
  }
  if (stop == "end") {
    all_begun.get_future().wait();
    client.reset();
  }
  all_ended.get_future().wait();
}

}  // namespace

int main(int count, char **arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const std::size_t sign = argument.find('=');
    options[argument.substr(0, sign)] = argument.substr(sign + 1);
  }
  static pictor_host host{};
  host.struct_size = sizeof host;
  host.secret_read = read_secret;
  host.log = [](const pictor_host *, pictor_log_level, const char *, pictor_str) noexcept {};
  pictor::detail::host = &host;

  ClientOptions made;
  made.user_agent = "pictor-test";
  made.ca_file = option("ca");
  made.proxy = option("proxy");
  std::optional<HttpClient> client(std::in_place, made);
  if (number("download", 0) != 0) {
    fetch_picture(*client);
  } else {
    const long rounds = number("repeat", 1);
    for (long round = 1; round <= rounds; ++round) send_all(client, number("count", 1), round);
  }
  client.reset();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  print("{\"peak_mib\":" + std::to_string(usage.ru_maxrss / 1024) + "}");
  return 0;
}
