#include "cli/hub_download.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

constexpr int attempts = 6;
constexpr std::size_t piece_bytes = 1 << 20;

// A blob's file on its way here.
class BlobFile {
 public:
  BlobFile(fs::path path, int flags)
      : path_(std::move(path)), file_(open_file(path_, flags, "open")) {}

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw FileError("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  std::size_t read(std::vector<char> &buffer) {
    for (;;) {
      const ssize_t count = ::read(file_.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw FileError("read", path_, errno);
      return static_cast<std::size_t>(count);
    }
  }

  void empty() {
    if (::ftruncate(file_.get(), 0) != 0) throw FileError("write", path_, errno);
  }

  void sync() {
    if (::fsync(file_.get()) != 0) throw FileError("write", path_, errno);
  }

 private:
  fs::path path_;
  Descriptor file_;
};

// huggingface_hub's lock of one blob, so that two downloads of it wait for each other.
class BlobLock {
 public:
  explicit BlobLock(const fs::path &path) : file_(open_file(path, O_RDWR | O_CREAT, "open")) {
    while (::flock(file_.get(), LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      throw FileError("lock", path, errno);
    }
  }

 private:
  Descriptor file_;
};

std::uint64_t size_of(const fs::path &path) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

// Large files are named by their SHA-256, others as git names them: by the SHA-1 of a head with the
// size, then the content.
std::string checksum_of(const fs::path &path, const HubFile &file) {
  Digest digest{file.is_large() ? Digest::Kind::sha256 : Digest::Kind::sha1};
  if (!file.is_large()) {
    digest.add(fmt::format("blob {}", file.size));
    digest.add({"\0", 1});
  }
  BlobFile content(path, O_RDONLY);
  std::vector<char> buffer(piece_bytes);
  while (const std::size_t count = content.read(buffer)) digest.add({buffer.data(), count});
  return digest.hex();
}

// For an address: all but what no address needs to escape.
std::string escaped(const std::string &path) {
  std::string result;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~/").find(c) != std::string_view::npos;
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace

HubDownload::HubDownload(const HubSettings &settings, HubClient &client, std::string repository)
    : settings_(settings),
      client_(client),
      repository_(std::move(repository)),
      folder_(hub_folder(settings, repository_)) {
  make_directories(folder_ / "blobs");
}

fs::path HubDownload::blob(const HubFile &file) const {
  return folder_ / "blobs" / file.etag;
}

fs::path HubDownload::snapshot(const std::string &commit) const {
  return folder_ / "snapshots" / commit;
}

bool HubDownload::has(const HubFile &file) const {
  std::error_code error;
  return fs::is_regular_file(blob(file), error) && size_of(blob(file)) == file.size;
}

void HubDownload::fetch(const HubFile &file, const std::string &commit,
                        const std::function<void(std::uint64_t)> &progress) {
  const fs::path locks = settings_.cache / ".locks" / folder_.filename();
  make_directories(locks);
  const BlobLock lock(locks / (file.etag + ".lock"));
  if (!has(file)) complete(file, commit, progress);
  link(file, commit);
}

void HubDownload::complete(const HubFile &file, const std::string &commit,
                           const std::function<void(std::uint64_t)> &progress) {
  fs::path incomplete = blob(file);
  incomplete += ".incomplete";
  const std::string address =
      fmt::format("/{}/resolve/{}/{}", repository_, commit, escaped(file.path));
  {
    BlobFile target(incomplete, O_WRONLY | O_CREAT | O_APPEND);
    std::uint64_t size = size_of(incomplete);
    const auto begin_anew = [&] {
      target.empty();
      size = 0;
    };
    if (size > file.size) begin_anew();
    const HubClient::Sink sink{[&](bool continued) {
                                 if (!continued) begin_anew();
                               },
                               [&](std::string_view bytes) {
                                 if (bytes.size() > file.size - size) {
                                   throw HubClient::Broken(file.path + ": more bytes than it has");
                                 }
                                 target.write(bytes);
                                 size += bytes.size();
                                 progress(size);
                               }};
    for (int attempt = 1; size < file.size; ++attempt) {
      try {
        client_.download(address, size, sink);
        if (size < file.size) throw HubClient::Broken(file.path + ": the connection ended early");
      } catch (const HubClient::Broken &broken) {
        if (attempt == attempts) {
          throw Error(broken.what(), "run the command again: it goes on where it was");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(250 << attempt));
      }
    }
    target.sync();
  }
  const std::string found = checksum_of(incomplete, file);
  if (found != file.etag) {
    fs::remove(incomplete);
    throw Error(fmt::format("{}: what arrived has the checksum {}, not {}; it was removed",
                            file.path, found, file.etag),
                "run the command again; a proxy in between may have changed it");
  }
  fs::rename(incomplete, blob(file));
}

void HubDownload::link(const HubFile &file, const std::string &commit) const {
  const fs::path name = snapshot(commit) / file.path;
  make_directories(name.parent_path());
  const fs::path target = blob(file).lexically_relative(name.parent_path());
  std::error_code error;
  if (fs::is_symlink(name, error) && fs::read_symlink(name, error) == target) return;
  fs::remove(name, error);
  fs::create_symlink(target, name, error);
  if (error) throw FileError("make the link", name, error.value());
}

void HubDownload::set_revision(const std::string &revision, const std::string &commit) const {
  if (revision == commit) return;
  const fs::path ref = folder_ / "refs" / revision;
  make_directories(ref.parent_path());
  write_file(ref, commit);
}

}  // namespace pictor::host
