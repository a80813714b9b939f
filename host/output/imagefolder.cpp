#include "output/imagefolder.hpp"

#include "base/error.hpp"
#include "output/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pictor::host {

namespace {

constexpr std::uint64_t flat_pictures = 10'000;
constexpr std::uint32_t rows_per_folder = 1'000;
constexpr std::size_t max_model_length = 40;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string plain_name(const std::string &model) {
  std::string name;
  for (const char c : model.substr(0, max_model_length))
    name += is_letter(c) || is_digit(c) ? c : '-';
  return name.empty() ? "model" : name;
}

std::string lower_case(std::string text) {
  for (char &c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::vector<std::string> distinct_names(const std::vector<std::string> &models) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (const std::string &model : models) {
    const std::string plain = plain_name(model);
    std::string name = plain;
    for (int n = 2; !taken.insert(lower_case(name)).second; ++n)
      name = fmt::format("{}-{}", plain, n);
    names.push_back(name);
  }
  return names;
}

}  // namespace

FolderLayout choose_layout(std::uint64_t planned_pictures, std::size_t models,
                           std::uint32_t max_generations) {
  FolderLayout layout;
  layout.sub_folders = planned_pictures > flat_pictures;
  layout.model_names = models > 1;
  layout.generation_digits =
      static_cast<int>(std::to_string(std::max(max_generations, 1u) - 1).size());
  return layout;
}

Json to_json(const FolderLayout &layout) {
  return {{"sub_folders", layout.sub_folders},
          {"model_names", layout.model_names},
          {"generation_digits", layout.generation_digits}};
}

FolderLayout layout_from_json(const Json &json) {
  try {
    FolderLayout layout;
    layout.sub_folders = json.at("sub_folders").get<bool>();
    layout.model_names = json.at("model_names").get<bool>();
    layout.generation_digits = std::clamp(json.at("generation_digits").get<int>(), 1, 10);
    return layout;
  } catch (const Json::exception &) {
    throw Error("the ledger's record of how files are named is broken",
                "use a new output folder, or restore .pictor/ledger.sqlite", ExitCode::internal);
  }
}

FileNames::FileNames(FolderLayout layout, const std::vector<std::string> &models)
    : layout_(layout), models_(distinct_names(models)) {}

std::string FileNames::folder(std::uint32_t row) const {
  return layout_.sub_folders ? fmt::format("{:03}", row / rows_per_folder) : std::string();
}

std::string FileNames::file_name(std::uint32_t row, std::uint32_t model, std::uint32_t generation,
                                 ImageFormat format) const {
  const std::string in = folder(row);
  const bool with_model = layout_.model_names || model > 0;
  return fmt::format("{}{}{:06}_{}{}{:0{}}.{}", in, in.empty() ? "" : "/", row,
                     with_model ? models_.at(model) : "", with_model ? "_" : "", generation,
                     layout_.generation_digits, file_extension(format));
}

bool stays_inside(const std::filesystem::path &relative) {
  if (relative.empty() || relative.is_absolute()) return false;
  for (const std::filesystem::path &part : relative) {
    if (part == "..") return false;
  }
  return true;
}

bool is_picture_name(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view folder = name.substr(0, slash);
    if (folder.size() < 3 || !std::all_of(folder.begin(), folder.end(), is_digit)) return false;
    name.remove_prefix(slash + 1);
  }
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  const std::size_t dot = name.rfind('.');
  if (digits < 6 || digits == name.size() || name[digits] != '_') return false;
  if (dot == std::string_view::npos || !is_digit(name[dot - 1])) return false;
  for (const ImageFormat format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp}) {
    if (name.substr(dot + 1) == file_extension(format)) return true;
  }
  return false;
}

bool is_split_name(std::string_view split) {
  const auto is_word = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  if (split.empty() || split.size() > 64 || !is_word(split.front()) || !is_word(split.back())) {
    return false;
  }
  for (std::size_t i = 0; i < split.size(); ++i) {
    if (!is_word(split[i]) && !(split[i] == '.' && split[i - 1] != '.')) return false;
  }
  return true;
}

}  // namespace pictor::host
