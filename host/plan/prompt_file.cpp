#include "plan/prompt_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

std::string lower_extension(const fs::path &path) {
  std::string extension = path.extension().string();
  for (char &c : extension) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return extension;
}

PromptFormat format_of(const fs::path &path) {
  const std::string extension = lower_extension(path);
  if (extension == ".txt") return PromptFormat::text;
  if (extension == ".csv") return PromptFormat::csv;
  if (extension == ".tsv") return PromptFormat::tsv;
  if (extension == ".jsonl" || extension == ".ndjson") return PromptFormat::jsonl;
  const std::string name = path.string();
  if (extension == ".gz" || extension == ".zst" || extension == ".parquet") {
    throw Error(name + ": reading " + extension + " files of prompts is not built yet",
                extension == ".parquet" ? "write the rows as .jsonl" : "unpack it first");
  }
  if (extension == ".json") {
    throw Error(name + ": one JSON document is not read as prompts",
                "write one object a line and call it .jsonl: jq -c '.[]'");
  }
  throw Error(name + ": prompts are read from .txt, .csv, .tsv and .jsonl files",
              "a prompt itself goes into a list: prompts: [\"a fox\"]");
}

// Of a stream without a name: rows that begin with '{' are JSON.
PromptFormat sniffed(const PromptFile &file) {
  char c = 0;
  for (std::uint64_t offset = 0; file.read(offset, &c, 1) == 1; ++offset) {
    const bool skipped = c == ' ' || c == '\t' || c == '\r' || c == '\n' ||
                         (offset < 3 && c == "\xEF\xBB\xBF"[offset]);
    if (!skipped) return c == '{' ? PromptFormat::jsonl : PromptFormat::text;
  }
  return PromptFormat::text;
}

// A file without a name, on the disk: a list of prompts may be larger than the memory.
int temporary_file() {
  const fs::path folder = fs::temp_directory_path();
  std::string pattern = (folder / "pictor-prompts-XXXXXX").string();
  const int descriptor = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (descriptor < 0) throw FileError("make a temporary file in", folder, errno);
  ::unlink(pattern.c_str());
  return descriptor;
}

}  // namespace

PromptFile PromptFile::open(const JobConfig &job) {
  PromptFile file;
  if (job.prompts.empty()) {
    file.open_list(job);
  } else {
    file.open_path(job.prompts);
  }
  file.check_encoding();
  return file;
}

void PromptFile::open_path(const fs::path &path) {
  if (path == "-") {
    name_ = "stdin";
    folder_ = fs::current_path();
    spool(STDIN_FILENO);
    format_ = sniffed(*this);
    return;
  }
  name_ = path.string();
  folder_ = path.parent_path();
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw FileError("read", path, errno);
  descriptor_ = descriptor;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw FileError("read", path, errno);
  if (S_ISDIR(status.st_mode)) throw FileError("read", path, EISDIR);
  if (S_ISREG(status.st_mode)) {
    format_ = format_of(path);
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  spool(descriptor);
  ::close(descriptor);
  format_ = sniffed(*this);
}

void PromptFile::open_list(const JobConfig &job) {
  const bool placed = !job.inline_places.empty() && job.inline_places[0].source;
  name_ = placed ? job.inline_places[0].source->name() : "prompts";
  folder_ = job.folder;
  format_ = PromptFormat::jsonl;
  descriptor_ = temporary_file();
  for (const Json &prompt : job.inline_prompts) write_all(prompt.dump() + "\n");
}

void PromptFile::spool(int from) {
  descriptor_ = temporary_file();
  std::vector<char> buffer(1 << 18);
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got == 0) return;
    if (got > 0) {
      write_all({buffer.data(), static_cast<std::size_t>(got)});
    } else if (errno != EINTR) {
      throw FileError("read", name_, errno);
    }
  }
}

void PromptFile::write_all(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError("copy prompts to", fs::temp_directory_path(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PromptFile::check_encoding() const {
  char mark[2] = {};
  if (read(0, mark, 2) < 2) return;
  const std::string_view start(mark, 2);
  if (start != "\xFF\xFE" && start != "\xFE\xFF") return;
  throw Error(name_ + ": the file is UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8");
}

std::size_t PromptFile::read(std::uint64_t offset, char *data, std::size_t size) const {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(descriptor_, data + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError("read", name_, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

PromptFile::PromptFile(PromptFile &&other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      format_(other.format_),
      name_(std::move(other.name_)),
      folder_(std::move(other.folder_)),
      size_(other.size_) {}

PromptFile &PromptFile::operator=(PromptFile &&other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  format_ = other.format_;
  name_ = std::move(other.name_);
  folder_ = std::move(other.folder_);
  size_ = other.size_;
  return *this;
}

PromptFile::~PromptFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace pictor::host
