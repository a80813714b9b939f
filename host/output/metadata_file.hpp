#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace pictor::host {

// Whether the loader of imagefolders takes a column of that name for pictures.
bool is_taken_by_loader(std::string_view name);

// Gives each record of a file to the visitor, in the order in which they are written. May be called
// several times and gives the same records each time.
using RecordVisitor = std::function<void(const Json &record)>;
using RecordSource = std::function<void(const RecordVisitor &visit)>;

// Writes metadata.jsonl as `load_dataset("imagefolder")` wants it: one object a line, in every line
// the same columns with the same types; `file_name`, `text`, then the others in the order in which
// they are first met. Reads the source twice, so that memory does not grow with it. Returns the
// number of lines; without a record there is an empty file.
//
// Types of a column: boolean, integer, number (integers among fractions become fractions), text for
// everything mixed; lists and objects are their JSON as text, and so is a column with an integer
// beyond 64 signed bits. What a record lacks is null; a column that is null everywhere is left out.
// A name that is_taken_by_loader() gets "_value" at its end.
//
// Replaced as a whole: temporary file, flushed, renamed. Throws FileError; passes on what the
// source throws.
std::uint64_t write_metadata_file(const std::filesystem::path &path, const RecordSource &source);

}  // namespace pictor::host
