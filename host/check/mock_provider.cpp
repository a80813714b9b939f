#include "check/mock_provider.hpp"

#include "base/descriptor.hpp"
#include "check/findings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <utility>

namespace pictor::host::check {

namespace {

constexpr std::size_t most_asked = 64 << 20;

// More of what is asked; false at its end, or when it is too much.
bool read_more(int connection, std::string &text) {
  std::array<char, 16384> bytes;
  for (;;) {
    const ssize_t got = recv(connection, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || text.size() > most_asked) return false;
    text.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }
}

bool send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Whether all of it was taken.
bool send_again_and_again(int connection, std::string_view bytes, std::uint64_t size) {
  for (std::uint64_t sent = 0; sent < size; sent += bytes.size()) {
    if (!send_all(connection, bytes.substr(0, size - sent))) return false;
  }
  return true;
}

void send_dripping(int connection, std::string_view bytes) {
  for (const char &byte : bytes) {
    std::this_thread::sleep_for(MockProvider::drip_every);
    if (!send_all(connection, {&byte, 1})) return;
  }
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// A header's value in a head of lower case; empty when it is not there.
std::string header(const std::string &head, const std::string &name) {
  const std::string mark = "\r\n" + name + ":";
  const std::size_t at = head.find(mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = head.find_first_not_of(' ', at + mark.size());
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

// Reads one request to its end; its first line, empty when there is none.
std::string read_request(int connection) {
  constexpr std::string_view blank = "\r\n\r\n";
  std::string text;
  std::size_t end = std::string::npos;
  while ((end = text.find(blank)) == std::string::npos) {
    if (!read_more(connection, text)) return {};
  }
  const std::string head = lower(text.substr(0, end + 2));
  const std::size_t body = end + blank.size();
  if (header(head, "expect") == "100-continue") {
    send_all(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (header(head, "transfer-encoding") == "chunked") {
    while (text.find("0\r\n\r\n", body) == std::string::npos) {
      if (!read_more(connection, text)) return {};
    }
  } else {
    const std::uint64_t size = std::strtoull(header(head, "content-length").c_str(), nullptr, 10);
    while (text.size() - body < size) {
      if (!read_more(connection, text)) return {};
    }
  }
  return text.substr(0, text.find("\r\n"));
}

}  // namespace

MockProvider::MockProvider() : answer_(std::make_shared<const ProviderAnswer>()) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto *const generic = reinterpret_cast<sockaddr *>(&address);
  socklen_t size = sizeof address;
  if (listener_ < 0 || bind(listener_, generic, size) != 0 || listen(listener_, SOMAXCONN) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw Skip{"this machine gives no loopback port for a provider to try it with"};
  }
  port_ = ntohs(address.sin_port);
  std::thread([this] { accept_all(); }).detach();
}

std::string MockProvider::url() const {
  return fmt::format("http://127.0.0.1:{}/v1", port_);
}

void MockProvider::answer_with(ProviderAnswer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::make_shared<const ProviderAnswer>(std::move(answer));
  questions_ = posts_ = 0;
  taken_whole_ = false;
}

void MockProvider::accept_all() {
  for (;;) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) std::thread([this, connection] { serve(connection); }).detach();
    if (connection < 0 && errno != EINTR && errno != ECONNABORTED) return;
  }
}

void MockProvider::serve(int connection) {
  const Descriptor owned(connection);
  const std::string asked = read_request(connection);
  if (asked.empty()) return;
  std::shared_ptr<const ProviderAnswer> answer;
  {
    const std::lock_guard lock(mutex_);
    ++questions_;
    if (asked.starts_with("POST ")) ++posts_;
    answer = answer_;
  }
  send_answer(connection, *answer);
  // A socket that is closed with bytes unread would take back what was sent.
  shutdown(connection, SHUT_WR);
  for (std::string rest; read_more(connection, rest);) rest.clear();
}

void MockProvider::send_answer(int connection, const ProviderAnswer &answer) {
  std::string head = fmt::format("HTTP/1.1 {} Mock\r\nContent-Type: {}\r\nConnection: close\r\n",
                                 answer.status, answer.media_type);
  for (const std::string &line : answer.headers) head += line + "\r\n";
  const std::uint64_t size = answer.endless ? most_bytes : answer.body.size() + answer.missing;
  head += fmt::format("Content-Length: {}\r\n\r\n", size);
  if (!send_all(connection, head)) return;
  if (answer.endless) {
    taken_whole_ = send_again_and_again(connection, answer.body, size);
  } else if (answer.drips) {
    send_dripping(connection, answer.body);
  } else {
    send_all(connection, answer.body);
  }
}

}  // namespace pictor::host::check
