#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace pictor::host {

// A hash over bytes that come in pieces. Throws Error when OpenSSL refuses.
class Digest {
 public:
  enum class Kind { sha1, sha256 };

  explicit Digest(Kind kind);

  void add(std::string_view bytes);

  // The hash, as it is or in lower-case hex; once, as the last call.
  std::string bytes();
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st *context) const;
  };

  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace pictor::host
