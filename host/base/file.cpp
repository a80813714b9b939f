#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>
#include <utility>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view temporary_prefix = ".pictor-";
constexpr std::string_view temporary_suffix = ".tmp";
constexpr std::size_t buffer_size = 1 << 18;

std::string next_step(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return "the disk is full: free space and run the same command again";
    case EDQUOT:
      return "your disk quota is used up: free space and run the same command again";
    case EROFS:
      return "the disk is mounted read-only: choose another folder or remount it";
    case EIO:
      return "the disk reported a fault: check it (dmesg), then run the same command again";
    case EACCES:
    case EPERM:
      return "check who owns it and its permissions";
    case ENOENT:
      return "check the path";
    case ENOTDIR:
      return "a part of the path is a file, not a folder";
    case EISDIR:
      return "give a file, not a folder";
    case ENAMETOOLONG:
      return "choose a shorter path";
    case EMFILE:
    case ENFILE:
      return "too many files are open: raise the limit (ulimit -n)";
    default:
      return {};
  }
}

// What the user named wrongly is exit code 2; what the machine could not do is 1.
ExitCode exit_code_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ExitCode::internal;
    default:
      return ExitCode::usage;
  }
}

}  // namespace

FileError::FileError(std::string_view doing, const fs::path &path, int error_number)
    : Error(fmt::format("cannot {} {}: {}", doing, path.string(),
                        std::generic_category().message(error_number)),
            next_step(error_number), exit_code_for(error_number)),
      path_(path),
      error_number_(error_number) {}

Descriptor open_file(const fs::path &path, int flags, std::string_view doing) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0666));
  if (!file) throw FileError(doing, path, errno);
  return file;
}

std::string read_file(const fs::path &path, std::uint64_t max_bytes) {
  const Descriptor file = open_file(path, O_RDONLY, "read");
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw FileError("read", path, errno);
  std::string content;
  std::size_t length = 0;
  content.resize(status.st_size > 0 && std::uint64_t(status.st_size) < max_bytes
                     ? std::size_t(status.st_size) + 1
                     : std::size_t{1} << 16);
  for (;;) {
    if (length == content.size()) content.resize(content.size() * 2);
    const ssize_t got = ::read(file.get(), content.data() + length, content.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError("read", path, errno);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
    if (length > max_bytes) {
      throw Error(fmt::format("{} is larger than {} bytes", path.string(), max_bytes),
                  "check that it is the file you meant");
    }
  }
  content.resize(length);
  return content;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  static std::atomic<std::uint64_t> counter{0};
  const fs::path folder = path_.parent_path();
  do {
    // The name says nothing of path_: that may be as long as a name can be.
    temporary_ = folder / fmt::format("{}{}-{}{}", temporary_prefix, ::getpid(), counter++,
                                      temporary_suffix);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && (errno == EEXIST || errno == EINTR));
  if (descriptor_ < 0) throw FileError("write", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= buffer_size) flush();
}

void AtomicFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError("write", path_, errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (::fdatasync(descriptor_) != 0) throw FileError("write", path_, errno);
  // Network file systems report a full disk here.
  if (::close(std::exchange(descriptor_, -1)) != 0) throw FileError("write", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw FileError("write", path_, errno);
  temporary_.clear();
}

void write_file(const fs::path &path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

bool write_new_file(const fs::path &path, std::string_view bytes) {
  // Another machine's process may have the same number.
  const fs::path aside =
      path.parent_path() / fmt::format("{}{}-{:08x}{}", temporary_prefix, ::getpid(),
                                       std::random_device()(), temporary_suffix);
  write_file(aside, bytes);
  const int failed = ::link(aside.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(aside.c_str());
  if (failed == 0) return true;
  if (failed == EEXIST) return false;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) return false;
  if (descriptor < 0) throw FileError("write", path, errno);
  ::close(descriptor);
  write_file(path, bytes);
  return true;
}

void sync_directory(const fs::path &folder) {
  const Descriptor descriptor = open_file(folder, O_RDONLY | O_DIRECTORY, "sync the folder");
  // EINVAL: a file system whose folders need no syncing.
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL) {
    throw FileError("sync the folder", folder, errno);
  }
}

void make_directories(const fs::path &folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw FileError("make the folder", folder, error.value());
}

bool is_temporary_name(std::string_view name) {
  return name.starts_with(temporary_prefix) && name.ends_with(temporary_suffix);
}

void remove_file(const fs::path &path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) throw FileError("remove", path, error.value());
}

std::uint64_t remove_temporary_files(const fs::path &folder) {
  std::uint64_t removed = 0;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    if (!is_temporary_name(entry->path().filename().string())) continue;
    if (!entry->is_regular_file(error) || entry->is_symlink(error)) continue;
    if (::unlink(entry->path().c_str()) != 0) throw FileError("remove", entry->path(), errno);
    ++removed;
  }
  if (error) throw FileError("list the folder", folder, error.value());
  return removed;
}

}  // namespace pictor::host
