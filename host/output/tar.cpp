#include "output/tar.hpp"

#include "base/error.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <utility>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t block = 512;
constexpr std::size_t read_size = std::size_t{1} << 16;
// 2000-01-01: fixed, and not so old that tar warns of it.
constexpr std::time_t member_time = 946684800;

struct FreeEntry {
  void operator()(archive_entry *entry) const { archive_entry_free(entry); }
};
struct FreeReader {
  void operator()(archive *reader) const { archive_read_free(reader); }
};
using Entry = std::unique_ptr<archive_entry, FreeEntry>;
using Reader = std::unique_ptr<archive, FreeReader>;

std::string reason(archive *of) {
  const char *text = archive_error_string(of);
  return text == nullptr ? "unknown" : text;
}

[[noreturn]] void fail_to_read(const fs::path &path, archive *of) {
  throw Error(fmt::format("{}: not a whole tar: {}", path.string(), reason(of)),
              "restore the file, or draw the dataset again");
}

Reader open_reader(const fs::path &path, const Descriptor &file) {
  Reader reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_fd(reader.get(), file.get(), read_size) != ARCHIVE_OK) {
    fail_to_read(path, reader.get());
  }
  return reader;
}

}  // namespace

std::uint64_t tar_member_size(std::uint64_t bytes) {
  return block + (bytes + block - 1) / block * block;
}

struct TarWriter::Impl {
  explicit Impl(const fs::path &name) : path(name), file(name), writer(archive_write_new()) {
    archive_write_set_format_ustar(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    check(archive_write_open(writer, this, nullptr, &write_some, nullptr));
  }
  ~Impl() { archive_write_free(writer); }
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;

  // Called by libarchive, which knows no exceptions.
  static la_ssize_t write_some(archive *, void *data, const void *bytes, size_t size) {
    auto *self = static_cast<Impl *>(data);
    if (self->cancelled) return static_cast<la_ssize_t>(size);
    try {
      self->file.write({static_cast<const char *>(bytes), size});
      return static_cast<la_ssize_t>(size);
    } catch (...) {
      self->failure = std::current_exception();
      return -1;
    }
  }

  void check(la_ssize_t result) {
    if (failure) std::rethrow_exception(failure);
    if (result < ARCHIVE_OK) {
      throw Error(fmt::format("cannot write {}: {}", path.string(), reason(writer)), "",
                  ExitCode::internal);
    }
  }

  fs::path path;
  AtomicFile file;
  archive *writer;
  std::exception_ptr failure;
  bool cancelled = false;
};

TarWriter::TarWriter(const fs::path &path) : impl_(std::make_unique<Impl>(path)) {}

TarWriter::~TarWriter() {
  impl_->cancelled = true;  // what libarchive still holds is for nobody
}

void TarWriter::add(const std::string &name, std::string_view bytes) {
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), member_time, 0);
  impl_->check(archive_write_header(impl_->writer, entry.get()));
  const la_ssize_t written = archive_write_data(impl_->writer, bytes.data(), bytes.size());
  impl_->check(written == static_cast<la_ssize_t>(bytes.size()) ? 0 : -1);
}

void TarWriter::commit() {
  impl_->check(archive_write_close(impl_->writer));
  impl_->file.commit();
}

namespace {

// The next file's header; false at the end.
bool next_file(const fs::path &path, const Reader &reader, archive_entry *&entry) {
  for (;;) {
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) return false;
    if (result != ARCHIVE_OK) fail_to_read(path, reader.get());
    const bool named = archive_entry_pathname(entry) != nullptr;
    if (named && archive_entry_filetype(entry) == AE_IFREG && archive_entry_size(entry) >= 0) {
      return true;
    }
  }
}

std::string read_content(const fs::path &path, const Reader &reader, archive_entry *entry) {
  std::string bytes(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const la_ssize_t part = archive_read_data(reader.get(), bytes.data() + got, bytes.size() - got);
    if (part <= 0) fail_to_read(path, reader.get());
    got += static_cast<std::size_t>(part);
  }
  return bytes;
}

}  // namespace

void for_each_tar_member(
    const fs::path &path,
    const std::function<void(const std::string &name, const std::string &bytes)> &visit) {
  const Descriptor file = open_file(path, O_RDONLY, "read");
  const Reader reader = open_reader(path, file);
  archive_entry *entry = nullptr;
  while (next_file(path, reader, entry)) {
    const std::string name = archive_entry_pathname(entry);
    visit(name, read_content(path, reader, entry));
  }
}

TarReader::TarReader(fs::path path) : path_(std::move(path)) {
  const Descriptor file = open_file(path_, O_RDONLY, "read");
  const Reader reader = open_reader(path_, file);
  const std::uint64_t file_size = fs::file_size(path_);
  archive_entry *entry = nullptr;
  while (next_file(path_, reader, entry)) {
    const char *name = archive_entry_pathname(entry);
    if (places_.empty()) first_ = name;
    const Place place{archive_read_header_position(reader.get()),
                      static_cast<std::uint64_t>(archive_entry_size(entry))};
    // Data is passed over by seeking, which a cut file allows.
    if (static_cast<std::uint64_t>(place.header) + place.size > file_size) {
      throw Error(fmt::format("{}: not a whole tar: it is cut off in {}", path_.string(), name),
                  "restore the file, or draw the dataset again");
    }
    places_[name] = place;
  }
}

const TarReader::Place &TarReader::place(const std::string &member) const {
  const auto found = places_.find(member);
  if (found != places_.end()) return found->second;
  throw Error(fmt::format("{} has no member {}", path_.string(), member),
              "was the file replaced? its ledger names that member");
}

std::uint64_t TarReader::size_of(const std::string &member) const {
  return place(member).size;
}

std::string TarReader::read(const std::string &member, std::uint64_t max_bytes) const {
  const Place &at = place(member);
  if (at.size > max_bytes) {
    throw Error(fmt::format("{} in {} is larger than {} bytes", member, path_.string(), max_bytes));
  }
  const Descriptor file = open_file(path_, O_RDONLY, "read");
  if (::lseek(file.get(), at.header, SEEK_SET) < 0) throw FileError("read", path_, errno);
  const Reader reader = open_reader(path_, file);
  archive_entry *entry = nullptr;
  if (!next_file(path_, reader, entry)) fail_to_read(path_, reader.get());
  return read_content(path_, reader, entry);
}

}  // namespace pictor::host
