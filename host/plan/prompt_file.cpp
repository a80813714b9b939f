#include "plan/prompt_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "plan/gunzip.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

std::string lower_extension(const fs::path &path) {
  std::string extension = path.extension().string();
  for (char &c : extension) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return extension;
}

// Nothing for a name that does not tell: x.gz.
std::optional<PromptFormat> format_of(const fs::path &path) {
  const std::string extension = lower_extension(path);
  if (extension == ".txt") return PromptFormat::text;
  if (extension == ".csv") return PromptFormat::csv;
  if (extension == ".tsv") return PromptFormat::tsv;
  if (extension == ".jsonl" || extension == ".ndjson") return PromptFormat::jsonl;
  const std::string name = path.string();
  if (extension == ".gz") {
    const fs::path inner = path.parent_path() / path.stem();
    if (!inner.has_extension()) return std::nullopt;
    return format_of(inner);
  }
  if (extension == ".zst" || extension == ".parquet") {
    throw Error(name + ": reading " + extension + " files of prompts is not built yet",
                extension == ".parquet" ? "write the rows as .jsonl" : "unpack it: zstd -d FILE");
  }
  if (extension == ".json") {
    throw Error(name + ": one JSON document is not read as prompts",
                "write one object a line and call it .jsonl: jq -c '.[]'");
  }
  throw Error(name + ": prompts are read from .txt, .csv, .tsv and .jsonl files, also as .gz",
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

// Closed at the end unless released.
class OpenFile {
 public:
  explicit OpenFile(const fs::path &path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw FileError("read", path, errno);
    int error = ::fstat(descriptor_, &status_) == 0 ? 0 : errno;
    if (error == 0 && S_ISDIR(status_.st_mode)) error = EISDIR;
    if (error == 0) return;
    ::close(descriptor_);
    throw FileError("read", path, error);
  }
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile &) = delete;
  OpenFile &operator=(const OpenFile &) = delete;

  int descriptor() const { return descriptor_; }
  const struct stat &status() const { return status_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
  struct stat status_ {};
};

// The next bytes of a stream, at least two of them unless it ends; 0 at its end.
std::size_t read_some(int from, const std::string &name, std::string &buffer) {
  std::size_t done = 0;
  while (done < 2) {
    const ssize_t got = ::read(from, buffer.data() + done, buffer.size() - done);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError("read", name, errno);
    done += static_cast<std::size_t>(got);
  }
  return done;
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
    return open_stream(STDIN_FILENO);
  }
  name_ = path.string();
  folder_ = path.parent_path();
  OpenFile file(path);
  if (!S_ISREG(file.status().st_mode)) return open_stream(file.descriptor());
  const std::optional<PromptFormat> format = format_of(path);
  char start[2] = {};
  const ssize_t got = ::pread(file.descriptor(), start, sizeof start, 0);
  if (got < 0) throw FileError("read", path, errno);
  const bool packed = is_gzip({start, static_cast<std::size_t>(got)});
  if (packed || lower_extension(path) == ".gz") {
    spool(file.descriptor(), true);
    format_ = format ? *format : sniffed(*this);
  } else {
    format_ = *format;
    size_ = static_cast<std::uint64_t>(file.status().st_size);
    descriptor_ = file.release();
  }
}

void PromptFile::open_stream(int from) {
  spool(from, false);
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

// `packed`: it must be gzip; else it may be.
void PromptFile::spool(int from, bool packed) {
  descriptor_ = temporary_file();
  std::string buffer(1 << 18, '\0');
  Gunzip gunzip(name_, [this](std::string_view bytes) { write_all(bytes); });
  std::size_t got = read_some(from, name_, buffer);
  packed = packed || is_gzip(std::string_view(buffer).substr(0, got));
  for (; got > 0; got = read_some(from, name_, buffer)) {
    const std::string_view bytes = std::string_view(buffer).substr(0, got);
    if (packed) {
      gunzip.feed(bytes);
    } else {
      write_all(bytes);
    }
  }
  if (packed) gunzip.finish();
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
