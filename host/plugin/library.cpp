#include "plugin/library.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <dlfcn.h>
#include <fmt/format.h>

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

// The handle is never given back: code of the plugin may run until the process is gone.
dll::shared_library &load(const std::filesystem::path &file) {
  const auto mode = static_cast<dll::load_mode::type>(
      static_cast<unsigned>(dll::load_mode::rtld_now | dll::load_mode::rtld_local) |
      static_cast<unsigned>(RTLD_NODELETE));
  auto *const library = new dll::shared_library;
  try {
    library->load(file, mode);
  } catch (const std::system_error &failure) {
    delete library;
    throw Error(
        fmt::format("{} cannot be loaded: {}", file.string(), loader_words(failure.what(), file)),
        "", ExitCode::plugin);
  }
  return *library;
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
