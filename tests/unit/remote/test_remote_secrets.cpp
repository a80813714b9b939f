#include "remote/secrets.hpp"
#include "support/catch.hpp"
#include <pictor/error.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace pictor::remote;
using pictor::Error;

namespace {

// A file of its own, removed at the end.
class KeyFile {
 public:
  explicit KeyFile(const std::string &content)
      : path_(std::filesystem::temp_directory_path() /
              ("pictor-key-" + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~KeyFile() { std::filesystem::remove(path_); }
  SecretHeader header() const { return {"Authorization", "Bearer ", "", path_.string()}; }

 private:
  std::filesystem::path path_;
};

std::string read_secret(const SecretHeader &header) {
  std::string copy;
  read_secret(header, [&](std::string_view secret) { copy = secret; });
  return copy;
}

std::string failure(const SecretHeader &header) {
  try {
    read_secret(header);
  } catch (const Error &error) {
    CHECK(error.status() == pictor::Status::unauthenticated);
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a key stands in a file, without the white space around it") {
  CHECK(read_secret(KeyFile("hf_abc").header()) == "hf_abc");
  CHECK(read_secret(KeyFile("\n hf_abc \r\n").header()) == "hf_abc");
}

TEST_CASE("a file without a key says so, with its name and nothing of its content") {
  CHECK_THAT(failure(KeyFile(" \n").header()), ContainsSubstring("empty"));
  const std::string large = failure(KeyFile(std::string(100'000, 'k')).header());
  CHECK_THAT(large, ContainsSubstring("larger"));
  CHECK(large.find("kkk") == std::string::npos);
  CHECK_THAT(failure({"A", "", "", "/nowhere/token"}), ContainsSubstring("/nowhere/token"));
  CHECK_THAT(failure({"A", "", "", "/"}), ContainsSubstring("'/'"));
}

TEST_CASE("without a file it is the host's, and here is no host") {
  CHECK_THAT(failure({"A", "", "HF_TOKEN"}), ContainsSubstring("HF_TOKEN"));
}
