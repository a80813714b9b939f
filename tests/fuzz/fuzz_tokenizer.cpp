// The files of a tokenizer, read as CLIP's and as T5's, and a prompt. The input is their contents,
// with a byte 0xFF between them; of an empty one there is no file.
#include "error.hpp"
#include "text_encoders/clip_tokenizer.hpp"
#include "text_encoders/t5_tokenizer.hpp"

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
    if (content.empty()) {
      std::filesystem::remove(path_ / name);
    } else {
      std::ofstream{path_ / name, std::ios::binary} << content;
    }
  }

 private:
  std::filesystem::path path_;
};

template <class Read>
void attempt(const Read &read) {
  try {
    read();
  } catch (const Error &) {
    // refused in words: what is wanted of bad files
  }
}

void require_ids(const TokenizedPrompt &tokens, int64_t length, int64_t below) {
  if (static_cast<int64_t>(tokens.ids.size()) != length) std::abort();
  for (const int64_t id : tokens.ids) {
    if (id < 0 || id >= below) std::abort();
  }
}

void read_as_clip(const std::filesystem::path &folder, const std::string &prompt) {
  const ClipTokenizer tokenizer{folder, 77};
  const TokenizedPrompt tokens = tokenizer(prompt);
  require_ids(tokens, tokenizer.max_length(), tokenizer.vocabulary_size());
  tokenizer.decode(tokens.ids);
}

void read_as_t5(const std::filesystem::path &folder, const std::string &prompt) {
  constexpr int64_t kLength = 40, kMostExtraTokens = 10000;
  const T5Tokenizer tokenizer{folder};
  const TokenizedPrompt tokens = tokenizer(prompt, kLength);
  require_ids(tokens, kLength, tokenizer.piece_count() + kMostExtraTokens);
  tokenizer.decode(tokens.ids);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  static const Folder folder;
  const char *names[] = {"vocab.json",
                         "merges.txt",
                         "tokenizer_config.json",
                         "special_tokens_map.json",
                         "tokenizer.json",
                         "spiece.model",
                         "prompt"};
  std::string prompt;
  const uint8_t *begin = input, *end = input + size;
  for (const char *name : names) {
    const uint8_t *last = std::find(begin, end, 0xFF);
    prompt.assign(begin, last);
    folder.write(name, prompt);
    begin = std::min(last + 1, end);
  }
  attempt([&] { read_as_clip(folder.path(), prompt); });
  attempt([&] { read_as_t5(folder.path(), prompt); });
  return 0;
}
