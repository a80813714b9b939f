#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

using namespace pictor::host;
using pictor::test::TempDir;
namespace fs = std::filesystem;

namespace {

std::size_t entries(const fs::path &folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

template <typename Action>
FileError error_of(Action action) {
  try {
    action();
  } catch (const FileError &error) {
    return error;
  }
  throw std::logic_error("no FileError was thrown");
}

// While it lives, no file can grow beyond that many bytes: a disk that is full half-way.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_;
  void (*old_handler_)(int);
};

}  // namespace

TEST_CASE("a written file is read back to the byte") {
  const TempDir dir;
  std::string bytes = "line\r\n";
  bytes.push_back('\0');
  bytes += std::string(700'000, '\xFF');
  write_file(dir / "a.bin", bytes);
  CHECK(read_file(dir / "a.bin") == bytes);
  CHECK(entries(dir.path()) == 1);
  sync_directory(dir.path());
}

TEST_CASE("a replaced file is the old or the new one, never a part") {
  const TempDir dir;
  dir.write("a.txt", "old");
  {
    AtomicFile file(dir / "a.txt");
    file.write(std::string(1 << 20, 'x'));
    CHECK(read_file(dir / "a.txt") == "old");
    CHECK(entries(dir.path()) == 2);
  }
  CHECK(read_file(dir / "a.txt") == "old");
  CHECK(entries(dir.path()) == 1);
  write_file(dir / "a.txt", "new");
  CHECK(read_file(dir / "a.txt") == "new");
}

TEST_CASE("a file name of 255 bytes can be written") {
  const TempDir dir;
  const std::string name(255, 'n');
  write_file(dir / name, "x");
  CHECK(read_file(dir / name) == "x");
}

TEST_CASE("a write that fails half-way leaves no trace") {
  const TempDir dir;
  const FileSizeLimit limit(1 << 16);
  const FileError error = error_of([&] { write_file(dir / "big.png", std::string(1 << 20, 'x')); });
  CHECK(error.error_number() == EFBIG);
  CHECK_THAT(error.what(), ContainsSubstring("cannot write") && ContainsSubstring("big.png"));
  CHECK(entries(dir.path()) == 0);
}

TEST_CASE("file errors name the path, the reason and the next step") {
  const TempDir dir;
  const FileError missing = error_of([&] { read_file(dir / "none.txt"); });
  CHECK(std::string(missing.what()) ==
        "cannot read " + (dir / "none.txt").string() + ": No such file or directory");
  CHECK(missing.code() == ExitCode::usage);

  const FileError folder = error_of([&] { read_file(dir.path()); });
  CHECK(folder.error_number() == EISDIR);
  CHECK(folder.hint() == "give a file, not a folder");

  const FileError no_folder = error_of([&] { write_file(dir / "no/such/a.txt", "x"); });
  CHECK(no_folder.path() == dir / "no/such/a.txt");

  dir.write("file", "x");
  CHECK(error_of([&] { make_directories(dir / "file/below"); }).error_number() == ENOTDIR);
  CHECK(error_of([&] { sync_directory(dir / "file"); }).error_number() == ENOTDIR);

  const FileError full("write", "out/a.png", ENOSPC);
  CHECK(full.hint() == "the disk is full: free space and run the same command again");
  CHECK(full.code() == ExitCode::internal);
}

TEST_CASE("read_file keeps its limit") {
  const TempDir dir;
  dir.write("a", std::string(1000, 'x'));
  CHECK(read_file(dir / "a", 1000).size() == 1000);
  CHECK_THROWS_WITH(read_file(dir / "a", 999), ContainsSubstring("larger than 999 bytes"));
  CHECK_THROWS_WITH(read_file("/dev/zero", 1 << 20), ContainsSubstring("larger than"));
}

TEST_CASE("what a killed process left is removed, and nothing else") {
  const TempDir dir;
  const TempDir elsewhere;
  elsewhere.write(".pictor-1-1.tmp", "not ours to remove");
  dir.write(".pictor-123-0.tmp", "half a picture");
  dir.write("train/000/.pictor-99-7.tmp", "another");
  dir.write("train/000/000000_0.png", "a picture");
  dir.write(".pictor/ledger.sqlite", "kept");
  dir.write(".other.tmp", "foreign");
  fs::create_directory_symlink(elsewhere.path(), dir / "link");
  CHECK(remove_temporary_files(dir.path()) == 2);
  CHECK(remove_temporary_files(dir.path()) == 0);
  CHECK(fs::exists(dir / "train/000/000000_0.png"));
  CHECK(fs::exists(dir / ".other.tmp"));
  CHECK(fs::exists(dir / ".pictor/ledger.sqlite"));
  CHECK(fs::exists(elsewhere / ".pictor-1-1.tmp"));
}

TEST_CASE("a new file is made once and never replaced") {
  const TempDir dir;
  CHECK(write_new_file(dir / "record", "first"));
  CHECK_FALSE(write_new_file(dir / "record", "second"));
  CHECK(pictor::test::read_file(dir / "record") == "first");
  CHECK(entries(dir.path()) == 1);
}
