#pragma once

#include "base/descriptor.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace pictor::host {

// The system refused something about a file. what() is "cannot <do> <path>: <strerror>", hint() the
// next step.
class FileError : public Error {
 public:
  // `doing`: the verb, e.g. "write".
  FileError(std::string_view doing, const std::filesystem::path &path, int error_number);

  int error_number() const { return error_number_; }  // errno's value
  const std::filesystem::path &path() const { return path_; }

 private:
  std::filesystem::path path_;
  int error_number_;
};

// open() with the mode 0666, for this process alone. Throws FileError; `doing` is its verb.
Descriptor open_file(const std::filesystem::path &path, int flags, std::string_view doing);

// The whole content of a file. Throws FileError; Error for a file larger than `max_bytes`. Reads
// pipes and devices too, up to the limit.
std::string read_file(const std::filesystem::path &path, std::uint64_t max_bytes = UINT64_MAX);

// A file that appears under its name complete or not at all. What is written goes to a temporary
// file in the same folder, which must exist; commit() brings it to the disk and renames it over
// `path`. Destroyed without commit(), it leaves no trace. Not thread-safe; different objects may be
// used at once.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;

  // Buffered. Throws FileError.
  void write(std::string_view bytes);
  // Once, as the last call. After it, the content survives a power cut; the name does too once
  // sync_directory() was called for the folder. Throws FileError.
  void commit();

 private:
  void flush();

  std::filesystem::path path_, temporary_;
  std::string buffer_;
  int descriptor_ = -1;
};

// All of AtomicFile in one call.
void write_file(const std::filesystem::path &path, std::string_view bytes);

// The same unless something has that name: false, and nothing changed. Of several processes that do
// it at once, one is told true. (Where the file system has no hard links, another process may see
// the file before it is complete.)
bool write_new_file(const std::filesystem::path &path, std::string_view bytes);

// Brings the names in a folder to the disk: one call serves every file renamed into it before.
void sync_directory(const std::filesystem::path &folder);

// Makes a folder and those above it; those that are there already are no error.
void make_directories(const std::filesystem::path &folder);

// Whether a file name is one that AtomicFile gives to what is not complete yet.
bool is_temporary_name(std::string_view name);

// Throws FileError; a file that is not there is none.
void remove_file(const std::filesystem::path &path);

// Removes the temporary files that killed processes left in a folder and below, following no links;
// returns how many. Only for a folder that no other process writes to.
std::uint64_t remove_temporary_files(const std::filesystem::path &folder);

}  // namespace pictor::host
