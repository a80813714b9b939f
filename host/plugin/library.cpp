#include "plugin/library.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>

namespace pictor::host {

namespace {

namespace dll = boost::dll;

// The words of dlerror() without Boost's wrapping and without the path, which leads the message.
std::string loader_words(const std::string &what, const std::filesystem::path &file) {
  constexpr std::string_view before = "dlerror system message: ";
  std::string words = what;
  if (const auto at = words.find(before); at != std::string::npos) {
    words.erase(0, at + before.size());
    if (const auto end = words.rfind("): "); end != std::string::npos) words.erase(end);
  }
  const std::string path = file.string() + ": ";
  if (words.starts_with(path)) words.erase(0, path.size());
  return terminal_safe(words);
}

// Never destroyed, nor is a handle taken out: code of a plugin may run until the process is gone.
std::deque<dll::shared_library> &libraries() {
  static auto *const all = new std::deque<dll::shared_library>;
  return *all;
}

dll::shared_library &load(const std::filesystem::path &file) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const auto mode = static_cast<dll::load_mode::type>(
      static_cast<unsigned>(dll::load_mode::rtld_now | dll::load_mode::rtld_local) |
      static_cast<unsigned>(RTLD_NODELETE));
  shorten_openmp_waits();
  dll::shared_library library;
  try {
    library.load(file, mode);
  } catch (const std::system_error &failure) {
    throw Error(
        fmt::format("{} cannot be loaded: {}", file.string(), loader_words(failure.what(), file)),
        "", ExitCode::plugin);
  }
  return libraries().emplace_back(std::move(library));
}

// Another major's entry, for the error.
std::string other_entry(const dll::shared_library &library) {
  for (int major = PICTOR_ABI_MAJOR + 1; major < PICTOR_ABI_MAJOR + 10; ++major) {
    const std::string symbol = fmt::format("pictor_plugin_v{}", major);
    if (library.has(symbol)) return symbol;
  }
  return {};
}

}  // namespace

void shorten_openmp_waits() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
  setenv("GOMP_SPINCOUNT", "2000", 0);  // GNU's; a hundred thousand are about a millisecond
}

const pictor_plugin *open_library(const std::filesystem::path &file) {
  const dll::shared_library &library = load(file);
  if (!library.has(PICTOR_ENTRY_SYMBOL)) {
    const std::string other = other_entry(library);
    throw Error(other.empty()
                    ? fmt::format("{} does not export {}", file.string(), PICTOR_ENTRY_SYMBOL)
                    : fmt::format("{} exports {} only; this host knows {}", file.string(), other,
                                  PICTOR_ENTRY_SYMBOL),
                other.empty() ? "" : "install a newer pictor, or an older release of the plugin",
                ExitCode::plugin);
  }
  return library.get<const pictor_plugin *() PICTOR_NOEXCEPT>(PICTOR_ENTRY_SYMBOL)();
}

}  // namespace pictor::host
