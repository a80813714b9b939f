#include "check/elf_checks.hpp"

#include "base/error.hpp"
#include "check/open_plugin.hpp"
#include "plugin/elf_dynamic.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/manifest.hpp"
#include "plugin/needed_libraries.hpp"
#include "plugin/plugin_table.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <set>

namespace pictor::host::check {

namespace {

constexpr std::string_view entry_prefix = "pictor_plugin_v";

// The newest versions of symbols in Debian 12, the oldest system that Pictor is made for.
struct Baseline {
  std::string_view prefix, newest;
};
constexpr std::array<Baseline, 3> baseline = {
    {{"GLIBC", "2.36"}, {"GLIBCXX", "3.4.30"}, {"CXXABI", "1.3.13"}}};

// For the checks that are not about whether the file can be read.
ElfDynamic dynamic_of(Context &context) {
  try {
    return read_dynamic(ElfFile(context.subject.file));
  } catch (const Error &error) {
    throw Skip{error.what()};
  }
}

// The loader's words when the file does not load; empty when it does.
std::string loader_words(Context &context, int mode) {
  context.findings.calling("dlopen");
  if (dlopen(context.subject.file.c_str(), mode | RTLD_LOCAL | RTLD_NODELETE) != nullptr) return {};
  return dlerror();
}

// Before anything of the plugin is loaded, what is there is pictor's.
void warn_of_stand_ins(Context &context) {
  const Libraries needed = needed_libraries(context.subject.file);
  for (const LibraryClash &clash : library_clashes(needed, loaded_libraries())) {
    context.findings.warn(
        fmt::format("it gets pictor's {} and not {}, because a process has one library of a name: "
                    "link it statically, or take the system's",
                    clash.name, clash.wanted.string()));
  }
}

bool is_about_symbols(std::string_view words) {
  return words.find("undefined symbol") != std::string_view::npos;
}

void compare(Context &context, std::string_view field, std::string_view in_manifest,
             std::string_view in_table) {
  if (in_manifest == in_table) return;
  context.findings.fail(fmt::format("the manifest says {} '{}', pictor_plugin says '{}'", field,
                                    in_manifest, in_table));
}

}  // namespace

void elf_fits(Context &context) {
  struct stat status {};
  if (stat(context.subject.file.c_str(), &status) == 0) {
    if ((status.st_mode & (S_ISUID | S_ISGID)) != 0) {
      context.findings.fail("the file has the setuid or setgid bit");
    }
    if ((status.st_mode & S_IWOTH) != 0) {
      context.findings.fail("every user of the machine can write to the file");
    }
  }
  read_dynamic(ElfFile(context.subject.file));  // what it throws is the finding
  warn_of_stand_ins(context);
  const std::string words = loader_words(context, RTLD_LAZY);
  if (!words.empty() && !is_about_symbols(words)) context.findings.fail(words);
}

void elf_exports(Context &context) {
  const ElfDynamic dynamic = dynamic_of(context);
  std::string others;
  std::size_t count = 0;
  bool has_entry = false;
  for (const std::string &symbol : dynamic.exports) {
    has_entry = has_entry || symbol == PICTOR_ENTRY_SYMBOL;
    if (symbol.starts_with(entry_prefix)) continue;
    if (++count <= 5) others += (others.empty() ? "" : ", ") + symbol;
  }
  if (!has_entry) context.findings.fail(fmt::format("it does not export {}", PICTOR_ENTRY_SYMBOL));
  if (count == 0) return;
  context.findings.fail(fmt::format("it exports {} more symbol{}: {}{}", count,
                                    count == 1 ? "" : "s", others, count > 5 ? ", ..." : ""));
}

void elf_undefined(Context &context) {
  dynamic_of(context);
  const std::string words = loader_words(context, RTLD_NOW);
  if (words.empty()) return;
  if (!is_about_symbols(words)) throw Skip{words};
  context.findings.fail(words);
}

void elf_manifest(Context &context) {
  dynamic_of(context);
  Manifest manifest;
  try {
    manifest = read_manifest(context.subject.file);
  } catch (const Error &error) {
    return context.findings.fail(error.what());
  }
  if (const std::string why = refusal(manifest); !why.empty()) {
    return context.findings.fail(fmt::format("it {}", why));
  }
  const std::string wanted = manifest.id + ".pictor.so";
  if (context.subject.file.filename() != wanted) {
    context.findings.warn(
        fmt::format("it is found only by its path: a file is found when it is "
                    "called {}",
                    wanted));
  }
  const PluginFunctions table = usable_table(context);
  compare(context, "id", manifest.id, table.id);
  compare(context, "version", manifest.version, table.version);
  compare(context, "label", manifest.label, table.label);
  compare(context, "abi", fmt::format("{}.{}", manifest.abi_major, manifest.abi_minor),
          fmt::format("{}.{}", PICTOR_ABI_MAJOR, table.abi_minor));
  compare(context, "min_host", std::to_string(manifest.min_host_minor),
          std::to_string(table.min_host_minor));
}

void elf_baseline(Context &context) {
  const ElfDynamic dynamic = dynamic_of(context);
  for (const auto &[prefix, newest] : baseline) {
    const std::string wanted = highest_version(dynamic.versions, prefix);
    if (!is_older(newest, wanted)) continue;
    context.findings.warn(fmt::format(
        "it wants {0}_{1}, and Debian 12 has up to {0}_{2}: build it on an older system", prefix,
        wanted, newest));
  }
}

void elf_hardening(Context &context) {
  const ElfDynamic dynamic = dynamic_of(context);
  if (dynamic.executable_stack) context.findings.fail("it asks for an executable stack");
  if (dynamic.text_relocations) {
    context.findings.fail("it has relocations in its code: compile with -fPIC");
  }
  if (!dynamic.never_unloaded) {
    context.findings.warn("it can be unloaded while its threads run: link with -z nodelete");
  }
  const std::set<std::string> folders(dynamic.runpaths.begin(), dynamic.runpaths.end());
  for (const std::string &folder : folders) {
    if (folder.starts_with("$ORIGIN") || folder.starts_with("${ORIGIN}")) continue;
    if (folder.empty()) {
      context.findings.warn("its RUNPATH has an empty entry: the user's current folder");
      continue;
    }
    context.findings.warn(
        fmt::format("its RUNPATH names '{}', which other machines do not have: "
                    "use $ORIGIN",
                    folder));
  }
}

}  // namespace pictor::host::check
