#pragma once

#include "base/json.hpp"
#include "run/request.hpp"

#include <cstdint>
#include <string>

namespace pictor::host {

// What there is to know of a sample before its picture is a file: a line of metadata.jsonl without
// `file_name` and `sha256`, which come last. `text`, the model, every parameter that was used, what
// the plugin told of the picture, and the columns of the row that are no parameters. A name of ours
// is never replaced by a plugin's or a user's. `meta` null: there is no picture.
Json sample_record(const Request &request, std::uint32_t index, const PictureMeta *meta);

// The seed that drew it; nothing where no seed reaches the model.
std::optional<std::uint64_t> sample_seed_of(const Request &request, std::uint32_t index,
                                            const PictureMeta *meta);

// What the plugin says that the picture cost, in millionths of a US dollar; nothing where it does
// not say, or says it in another currency.
std::optional<std::int64_t> sample_cost_of(const PictureMeta *meta);

}  // namespace pictor::host
