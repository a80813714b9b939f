#include "remote/transfer.hpp"

#include "remote/addresses.hpp"
#include "remote/failures.hpp"
#include "remote/growing.hpp"
#include "remote/multipart.hpp"
#include <pictor/model.hpp>

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

namespace pictor::remote {
namespace {

using Kind = TransferFailure::Kind;

constexpr std::uint64_t max_header_bytes = 256 << 10;
constexpr std::size_t max_header_lines = 1000;
constexpr std::uint64_t max_reserved = 16 << 20;  // what a Content-Length may make us set aside

std::int64_t number(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

}  // namespace

Transfer::Transfer(HttpRequest request, std::function<void(HttpResult)> done, Watch watch)
    : request_(std::move(request)), done_(std::move(done)), watch_(std::move(watch)) {
  url_ = Url::parse(request_.url);
  if (!url_) fail(Kind::bad_url, "this is no http or https URL");
  for (const auto &[name, value] : request_.headers.lines()) {
    if (name.empty() || has_line_break(name) || has_line_break(value)) {
      fail(Kind::other, "the header '" + name.substr(0, name.find_first_of("\r\n")) +
                            "' holds a line break or has no name");
    }
  }
  if (!request_.parts.empty()) {
    Multipart whole = to_multipart(std::exchange(request_.parts, {}));
    request_.headers.set("Content-Type", std::move(whole.content_type));
    request_.body = std::move(whole.body);
  }
}

bool Transfer::must_end(Clock::time_point now, bool ask) {
  if (failure_) return true;
  if (ask && watch_.cancelled && watch_.cancelled()) {
    fail(Kind::cancelled, "cancelled");
  } else if (request_.timeout.count() > 0 && now - started_ >= request_.timeout) {
    fail(Kind::timeout,
         "no whole answer after " + std::to_string(request_.timeout.count()) + " ms");
  } else {
    note_traffic(now);
    if (request_.silence.count() > 0 && now - last_traffic_ >= request_.silence) {
      fail(Kind::timeout, "nothing came for " + std::to_string(request_.silence.count()) + " ms");
    }
  }
  return failure_.has_value();
}

void Transfer::note_traffic(Clock::time_point now) {
  const std::int64_t traffic = static_cast<std::int64_t>(header_bytes_) +
                               number(easy_, CURLINFO_SIZE_DOWNLOAD_T) +
                               number(easy_, CURLINFO_SIZE_UPLOAD_T);
  // Until there is a connection, connect_timeout rules.
  if (traffic != traffic_ || !was_connected()) last_traffic_ = now;
  traffic_ = traffic;
}

bool Transfer::was_connected() const {
  return number(easy_, CURLINFO_PRETRANSFER_TIME_T) > 0;
}

bool Transfer::was_sent(int curl_code) const {
  if (!was_connected() && curl_code != CURLE_SEND_FAIL_REWIND) return false;
  if (request_.body.empty()) return true;
  const std::int64_t written = number(easy_, CURLINFO_SIZE_UPLOAD_T);
  if (curl_code == CURLE_SEND_FAIL_REWIND) return read_ == request_.body.size();
  return written >= static_cast<std::int64_t>(request_.body.size());
}

bool Transfer::ended(int curl_code) {
  sent_ = sent_ || was_sent(curl_code);
  if (failure_) return false;
  if (curl_code != CURLE_OK) {
    if (refused_address_) {
      fail(Kind::refused_address, "'" + url_->host + "' leads to an address that is not public");
    } else {
      failure_ = failure_of(curl_code, words_.data(), was_connected());
    }
    return false;
  }
  if (!head_complete_) {
    fail(Kind::undecodable, "the answer has no complete head");
    return false;
  }
  return is_redirect() && follow_redirect();
}

bool Transfer::is_redirect() const {
  if (request_.max_redirects <= 0 || !head_.headers.find("Location")) return false;
  return head_.status == 301 || head_.status == 302 || head_.status == 303 || head_.status == 307 ||
         head_.status == 308;
}

bool Transfer::follow_redirect() {
  const std::optional<Url> target = url_->follow(*head_.headers.find("Location"));
  if (!target) {
    fail(Kind::redirects, "the server redirects to what is no http or https URL");
  } else if (target->origin() != url_->origin()) {
    fail(Kind::redirects, "the server redirects to " + target->origin() +
                              ", another origin: if it is meant, use that address yourself");
  } else if (++hops_ > request_.max_redirects) {
    fail(Kind::redirects,
         "more than " + std::to_string(request_.max_redirects) + " redirects in a row");
  } else {
    url_ = target;
    const bool becomes_get =
        head_.status == 303 || (head_.status < 303 && request_.method == "POST");
    if (becomes_get && request_.method != "HEAD") {
      request_.method = "GET";
      request_.body.clear();
      request_.headers.erase("Content-Type");
    }
    return true;
  }
  return false;
}

void Transfer::fail(Kind kind, const std::string &message) {
  if (!failure_) failure_ = TransferFailure{kind, message, false, 0, {}};
}

void Transfer::release() {
  if (easy_ != nullptr) sent_ = sent_ || was_sent(CURLE_OK);
  easy_ = nullptr;
  lines_.clear();
}

void Transfer::answer() {
  const auto done = std::exchange(done_, nullptr);
  if (failure_) {
    failure_->sent = sent_;
    failure_->status = head_.status;
    failure_->headers = std::move(head_.headers);
    head_.body = {};
    return done(std::move(*failure_));
  }
  head_.in_all = Clock::now() - started_;
  done(std::move(head_));
}

std::size_t Transfer::on_header(char *data, std::size_t size, std::size_t count, void *self) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  try {
    return transfer.take_header({data, size * count}) ? size * count : 0;
  } catch (const std::exception &error) {
    transfer.fail(Kind::other, error.what());
    return 0;
  }
}

bool Transfer::take_header(std::string_view line) {
  if (head_.until_first_byte.count() == 0) head_.until_first_byte = Clock::now() - started_;
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes || head_.headers.lines().size() >= max_header_lines) {
    fail(Kind::too_large, "the headers of the answer are too many or too long");
    return false;
  }
  if (head_complete_) return true;  // a trailer
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    head_.headers = {};
    head_.status = 0;
    const std::size_t space = line.find(' ');
    for (std::size_t i = space;
         i != std::string_view::npos && ++i < line.size() && i < space + 4;) {
      if (line[i] < '0' || line[i] > '9') break;
      head_.status = head_.status * 10 + (line[i] - '0');
    }
  } else if (line.empty()) {
    head_complete_ = head_.status >= 200;  // else an interim answer
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    const std::string_view rest = line.substr(colon + 1);
    const std::size_t first = std::min(rest.find_first_not_of(" \t"), rest.size());
    head_.headers.add(std::string(line.substr(0, colon)), std::string(rest.substr(first)));
  }
  return true;
}

std::size_t Transfer::on_body(char *data, std::size_t size, std::size_t count, void *self) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  try {
    return transfer.take_body({data, size * count}) ? size * count : 0;
  } catch (const std::bad_alloc &) {
    transfer.fail(Kind::other, "out of memory");
  } catch (const std::exception &error) {
    transfer.fail(Kind::other, error.what());
  }
  return 0;
}

bool Transfer::take_body(std::string_view bytes) {
  if (failure_) return false;
  body_bytes_ += bytes.size();
  if (body_bytes_ > request_.max_bytes) {
    fail(Kind::too_large,
         "the answer is larger than " + std::to_string(request_.max_bytes) + " bytes");
    return false;
  }
  if (is_redirect()) return true;
  if (watch_.on_bytes) {
    if (!watch_.on_bytes(head_, bytes)) fail(Kind::cancelled, "cancelled");
    return !failure_;
  }
  if (head_.body.empty()) {
    const std::int64_t announced = number(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
    if (announced > 0) head_.body.reserve(std::min<std::uint64_t>(announced, max_reserved));
  }
  append_growing(head_.body, bytes, request_.max_bytes);
  return true;
}

std::size_t Transfer::on_read(char *data, std::size_t size, std::size_t count, void *self) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  const std::string &body = transfer.request_.body;
  const std::size_t taken = std::min(size * count, body.size() - transfer.read_);
  std::copy_n(body.data() + transfer.read_, taken, data);
  transfer.read_ += taken;
  return taken;
}

int Transfer::on_rewind(void *self, std::int64_t offset, int origin) {
  const Transfer &transfer = *static_cast<Transfer *>(self);
  const bool at_start = offset == 0 && origin == SEEK_SET && transfer.read_ == 0;
  return at_start ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

int Transfer::on_open(void *self, int purpose, void *address) {
  Transfer &transfer = *static_cast<Transfer *>(self);
  const curl_sockaddr &target = *static_cast<curl_sockaddr *>(address);
  if (purpose == CURLSOCKTYPE_IPCXN && transfer.watch_.addresses == Addresses::public_only &&
      !transfer.through_proxy_ && !is_public(target.addr)) {
    transfer.refused_address_ = true;
    return static_cast<int>(CURL_SOCKET_BAD);
  }
  return ::socket(target.family, target.socktype | SOCK_CLOEXEC, target.protocol);
}

int Transfer::on_connected(void *self, char *peer, char *, int, int) {
  if (peer != nullptr && is_public_address(peer)) return CURL_PREREQFUNC_OK;
  static_cast<Transfer *>(self)->refused_address_ = true;
  return CURL_PREREQFUNC_ABORT;
}

}  // namespace pictor::remote
