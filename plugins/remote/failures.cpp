#include "remote/failures.hpp"

#include <curl/curl.h>

namespace pictor::remote {
namespace {

using Kind = TransferFailure::Kind;

bool says(const std::string &words, const char *part) {
  return words.find(part) != std::string::npos;
}

Kind kind_of(CURLcode code, const std::string &words, bool connected) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return Kind::bad_url;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Kind::resolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
      return Kind::connect;
    case CURLE_SSL_CONNECT_ERROR:
      // A connection that broke during the handshake is weather; a handshake that failed is not.
      return says(words, "reset by peer") || says(words, "SYSCALL") ||
                     says(words, "unexpected eof") || says(words, "Broken pipe")
                 ? Kind::connect
                 : Kind::tls;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return Kind::tls;
    case CURLE_OPERATION_TIMEDOUT:
      return Kind::timeout;
    case CURLE_FILESIZE_EXCEEDED:
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
      return Kind::too_large;
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:  // not by us, as then Transfer has failed already: by a decoder
      return Kind::undecodable;
    case CURLE_UNSUPPORTED_PROTOCOL:  // "Received HTTP/0.9 when not allowed"
      return connected ? Kind::undecodable : Kind::bad_url;
    case CURLE_OUT_OF_MEMORY:  // also a header line beyond libcurl's own limit
      return connected ? Kind::too_large : Kind::other;
    case CURLE_RECV_ERROR:
      if (!connected) return Kind::connect;
      return says(words, "chunk") ? Kind::undecodable : Kind::reset;
    case CURLE_SEND_ERROR:
      return connected ? Kind::reset : Kind::connect;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SEND_FAIL_REWIND:  // Transfer refuses to send a request twice
    case CURLE_SSL_SHUTDOWN_FAILED:
      return Kind::reset;
    default:
      return Kind::other;
  }
}

// One line without control characters, of bounded length.
std::string plain(std::string text) {
  if (text.size() > 300) text.resize(300);
  for (char &c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

TransferFailure failure_of(int curl_code, const std::string &words, bool connected) {
  const CURLcode code = static_cast<CURLcode>(curl_code);
  TransferFailure failure;
  failure.kind = kind_of(code, words, connected);
  if (code == CURLE_SEND_FAIL_REWIND) {
    failure.message = "the connection closed before an answer came";
  } else if (code == CURLE_OUT_OF_MEMORY && failure.kind == Kind::too_large) {
    failure.message = "a header of the answer is too long";
  } else {
    failure.message = plain(words.empty() ? curl_easy_strerror(code) : words);
  }
  return failure;
}

}  // namespace pictor::remote
