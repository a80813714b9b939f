#include "plan/wildcards.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"
#include "base/nearest_name.hpp"
#include "plan/row_fields.hpp"
#include "plan/template_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_file = 64 << 20;
constexpr std::size_t deepest_wildcard = 64;
constexpr std::size_t most_names = 10'000;  // looked at for a guess

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> names_in(const fs::path &folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error), end;
  while (!error && entry != end && names.size() < most_names) {
    const fs::path name = entry->path().lexically_relative(folder);
    if (name.extension() == ".txt") names.push_back((name.parent_path() / name.stem()).string());
    entry.increment(error);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Wildcards::Wildcards(fs::path folder) {
  if (folder.empty()) return;
  std::error_code error;
  folder_ = fs::canonical(folder, error);
  if (!error && !fs::is_directory(folder_)) error = {ENOTDIR, std::generic_category()};
  if (error) throw FileError("read the wildcards in", folder, error.value());
}

std::shared_ptr<const Choice> Wildcards::find(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return find_or_read(std::string(name));
}

std::shared_ptr<const Choice> Wildcards::find_or_read(const std::string &name) {
  const auto found = known_.find(name);
  if (found != known_.end()) return found->second;
  if (std::find(reading_.begin(), reading_.end(), name) != reading_.end()) {
    throw RowError(
        fmt::format("__{}__ leads back to itself: {}, {}", name, fmt::join(reading_, ", "), name));
  }
  if (reading_.size() == deepest_wildcard) {
    throw RowError(fmt::format("more than {} wildcard files name each other", deepest_wildcard));
  }
  reading_.push_back(name);
  try {
    auto choice = std::make_shared<const Choice>(read(name));
    reading_.pop_back();
    return known_[name] = std::move(choice);
  } catch (...) {
    reading_.pop_back();
    throw;
  }
}

// Throws RowError when there is none, or it lies elsewhere.
fs::path Wildcards::file_of(const std::string &name) const {
  if (folder_.empty()) {
    throw RowError(fmt::format("__{}__: job.wildcards names no folder", name));
  }
  std::error_code error;
  const fs::path file = fs::canonical(folder_ / (name + ".txt"), error);
  if (error || !fs::is_regular_file(file, error)) refuse_missing(name);
  if (*file.lexically_relative(folder_).begin() == "..") {
    throw RowError(fmt::format("__{}__ leads out of {}", name, folder_.string()));
  }
  return file;
}

void Wildcards::refuse_missing(const std::string &name) const {
  throw RowError(fmt::format("__{}__: there is no {}.txt in {}{}", name, name, folder_.string(),
                             did_you_mean(name, names_in(folder_))));
}

Choice Wildcards::read(const std::string &name) {
  const fs::path file = file_of(name);
  const std::string text = read_file(file, largest_file);
  std::string_view rest = text;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  Choice choice;
  choice.is_wildcard = true;
  for (std::uint64_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    try {
      add_line(trimmed(rest.substr(0, end)), choice);
    } catch (const RowError &error) {
      throw Error(fmt::format("{}:{}: {}", file.string(), line, error.what()));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (choice.options.empty()) throw Error(file.string() + ": there is no option in it");
  try {
    settle(choice);
  } catch (const RowError &error) {
    throw Error(fmt::format("{}: {}", file.string(), error.what()));
  }
  return choice;
}

void Wildcards::add_line(std::string_view line, Choice &choice) {
  if (line.empty() || line[0] == '#') return;
  if (first_invalid_utf8(line) != std::string_view::npos) throw RowError("not UTF-8");
  if (line.find('\0') != std::string_view::npos) throw RowError("the character NUL");
  choice.options.push_back(parse_option(
      line, [this](std::string_view name) { return find_or_read(std::string(name)); }));
}

}  // namespace pictor::host
