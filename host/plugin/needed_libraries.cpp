#include "plugin/needed_libraries.hpp"

#include "base/error.hpp"
#include "base/spawn.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/elf_note.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

// The loader that runs this program, which is a program itself; empty for one without a loader.
std::string loader_program() {
  Dl_info info{};
  const auto *base = reinterpret_cast<const void *>(getauxval(AT_BASE));
  if (base == nullptr || dladdr(base, &info) == 0 || info.dli_fname == nullptr) return {};
  return info.dli_fname;
}

std::string read_all(const Descriptor &pipe) {
  std::string text;
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t got = read(pipe.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

// A line is "\tlibz.so.1 => /lib/libz.so.1 (0x00007f...)"; others tell of nothing that was found.
void add_line(std::string_view line, Libraries &libraries) {
  constexpr std::string_view arrow = " => ";
  const std::size_t at = line.find(arrow), end = line.rfind(" (0x");
  if (!line.starts_with('\t') || at == line.npos || end == line.npos || end < at) return;
  const std::string_view file = line.substr(at + arrow.size(), end - at - arrow.size());
  if (file.starts_with('/')) libraries.emplace(line.substr(1, at - 1), file);
}

std::string build_id_of(const fs::path &file) {
  try {
    return build_id(ElfFile(file));
  } catch (const Error &) {
    return {};
  }
}

bool is_same_library(const fs::path &one, const fs::path &other) {
  std::error_code failed;
  if (fs::equivalent(one, other, failed)) return true;
  const std::string id = build_id_of(one);
  return !id.empty() && id == build_id_of(other);
}

}  // namespace

Libraries needed_libraries(const fs::path &file) {
  Libraries libraries;
  const std::string loader = loader_program();
  if (loader.empty()) return libraries;
  auto [told, tell] = make_pipe(STDERR_FILENO);
  auto [unread, complaints] = make_pipe(STDERR_FILENO);
  const std::pair<int, int> files[] = {{tell.get(), STDOUT_FILENO},
                                       {complaints.get(), STDERR_FILENO}};
  const Spawned process = spawn(loader, {"--list", file.string()}, files);
  tell.close();
  const std::string text = read_all(told);
  end_process(process);
  std::string_view rest = text;
  for (std::size_t end = 0; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
    add_line(rest.substr(0, end), libraries);
  }
  return libraries;
}

Libraries loaded_libraries() {
  Libraries libraries;
  const auto add = [](dl_phdr_info *info, std::size_t, void *to) {
    const fs::path file = info->dlpi_name == nullptr ? "" : info->dlpi_name;
    if (file.is_absolute()) static_cast<Libraries *>(to)->emplace(file.filename().string(), file);
    return 0;
  };
  dl_iterate_phdr(add, &libraries);
  return libraries;
}

std::vector<LibraryClash> library_clashes(const Libraries &needed, const Libraries &loaded) {
  std::vector<LibraryClash> clashes;
  for (const auto &[name, file] : needed) {
    const auto there = loaded.find(name);
    if (there == loaded.end() || is_same_library(file, there->second)) continue;
    clashes.push_back({name, file, there->second});
  }
  return clashes;
}

}  // namespace pictor::host
