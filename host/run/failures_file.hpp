#pragma once

#include "ledger/ledger.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace pictor::host {

// Where a row stands in the prompt file, by its file number; nothing: not known.
using LineOfRow = std::function<std::optional<std::uint64_t>(std::uint32_t row)>;

// The file of the samples that have no picture: a JSON object a line, always with the same names.
std::filesystem::path failures_file(const std::filesystem::path &output_dir);

// Writes it, replaced as a whole; without a failure there is no file. Throws FileError.
void write_failures(const Ledger &ledger, const std::filesystem::path &output_dir,
                    const LineOfRow &line_of);

}  // namespace pictor::host
