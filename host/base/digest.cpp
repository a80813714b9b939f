#include "base/digest.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <iterator>

namespace pictor::host {
namespace {

void require(bool done) {
  if (done) return;
  throw Error("OpenSSL refused to compute a hash",
              "check the OpenSSL configuration of this machine (openssl.cnf)", ExitCode::internal);
}

}  // namespace

void Digest::Free::operator()(evp_md_ctx_st *context) const {
  EVP_MD_CTX_free(context);
}

Digest::Digest(Kind kind) : context_(EVP_MD_CTX_new()) {
  const EVP_MD *algorithm = kind == Kind::sha1 ? EVP_sha1() : EVP_sha256();
  require(context_ && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1);
}

void Digest::add(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Digest::bytes() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1);
  return {reinterpret_cast<const char *>(bytes.data()), size};
}

std::string Digest::hex() {
  std::string hex;
  for (const unsigned char byte : bytes()) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

}  // namespace pictor::host
