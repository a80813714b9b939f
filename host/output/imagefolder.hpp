#pragma once

#include "base/json.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// How a dataset names its files. Chosen when the dataset is begun, kept in its ledger and never
// changed, however it grows.
struct FolderLayout {
  bool sub_folders = false;   // one per 1,000 rows: "012/012345_0.png"
  bool model_names = false;   // "012345_painter_0.png" for the first model too
  int generation_digits = 1;  // least width of the generation index, so that names sort

  bool operator==(const FolderLayout &) const = default;
};

// Sub-folders when more than 10,000 pictures are planned; model names when there are several
// models; digits for the largest number of generations of a row.
FolderLayout choose_layout(std::uint64_t planned_pictures, std::size_t models,
                           std::uint32_t max_generations);

// As the ledger keeps it. from_json throws Error for what to_json cannot have written.
Json to_json(const FolderLayout &layout);
FolderLayout layout_from_json(const Json &json);

// The file names of a dataset, relative to its split folder. They are made of numbers and models'
// names only: prompts and ids never become paths.
//
// A name is the row's file number (6 digits, more when needed), the model and the generation index.
// The first model goes without its name unless the layout says otherwise; a model that joined later
// always has it, so that no two samples share a file. In names, what is no ASCII letter or digit
// becomes '-', at most 40 characters are kept, and models that would then be called alike (also
// by file systems that ignore case) are told apart by "-2", "-3", ... in order of number.
class FileNames {
 public:
  // `models`: the user's names in order of the ledger's numbers.
  FileNames(FolderLayout layout, const std::vector<std::string> &models);

  // `format`: of the file's bytes, which may be another than the job's when they came encoded.
  std::string file_name(std::uint32_t row, std::uint32_t model, std::uint32_t generation,
                        ImageFormat format) const;
  // The folder of a row's files below the split folder; empty: the split folder itself.
  std::string folder(std::uint32_t row) const;

 private:
  FolderLayout layout_;
  std::vector<std::string> models_;
};

// Whether a relative path names something below the folder that it starts from.
bool stays_inside(const std::filesystem::path &relative);

// Whether a name is one that FileNames gives: of a picture, with its sub-folder if it has one.
bool is_picture_name(std::string_view name);

// Whether a split can be a folder and a name on the Hub: letters, digits, '_', single '.'s inside.
bool is_split_name(std::string_view split);

}  // namespace pictor::host
