// The files of a tokenizer, and a prompt. The input is their texts, with a byte 0xFF between them.
#include "error.hpp"
#include "text_encoders/clip_tokenizer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace pictor::diffusion;

namespace {

// In memory where the system has such a folder; removed when the fuzzer ends in peace.
class Folder {
 public:
  Folder() {
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    path_ = std::filesystem::path{in_memory ? "/dev/shm" : "/tmp"} /
            ("pictor-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path &path() const { return path_; }

  void write(const char *name, const std::string &content) const {
    std::ofstream{path_ / name, std::ios::binary} << content;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  static const Folder folder;
  const char *names[] = {"vocab.json", "merges.txt", "tokenizer_config.json",
                         "special_tokens_map.json", "prompt"};
  std::string prompt;
  const uint8_t *begin = input, *end = input + size;
  for (const char *name : names) {
    const uint8_t *last = std::find(begin, end, 0xFF);
    prompt.assign(begin, last);
    folder.write(name, prompt);
    begin = std::min(last + 1, end);
  }
  try {
    const ClipTokenizer tokenizer{folder.path(), 77};
    const TokenizedPrompt tokens = tokenizer(prompt);
    if (static_cast<int64_t>(tokens.ids.size()) != tokenizer.max_length()) std::abort();
    for (const int64_t id : tokens.ids) {
      if (id < 0 || id >= tokenizer.vocabulary_size()) std::abort();
    }
    tokenizer.decode(tokens.ids);
  } catch (const Error &) {
    // refused in words: what is wanted of bad files
  }
  return 0;
}
