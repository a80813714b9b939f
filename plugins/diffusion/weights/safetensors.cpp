#include "weights/safetensors.hpp"

#include "error.hpp"
#include "weights/json_file.hpp"

#include <ATen/Parallel.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

namespace pictor::diffusion {
namespace {

// The limit of the reference implementation.
constexpr uint64_t kHeaderLimit = 100'000'000;
constexpr uint64_t kLengthBytes = 8;
constexpr size_t kRankLimit = 8;

struct DtypeName {
  std::string_view name;
  at::ScalarType dtype;
};

constexpr std::array kDtypes{
    DtypeName{"F64", at::kDouble},    DtypeName{"F32", at::kFloat}, DtypeName{"F16", at::kHalf},
    DtypeName{"BF16", at::kBFloat16}, DtypeName{"I64", at::kLong},  DtypeName{"I32", at::kInt},
    DtypeName{"I16", at::kShort},     DtypeName{"I8", at::kChar},   DtypeName{"U8", at::kByte},
    DtypeName{"BOOL", at::kBool},
};

[[noreturn]] void malformed(const std::string &origin, const std::string &what) {
  throw Error{ErrorKind::invalid_argument,
              origin + ": not a valid safetensors file: " + what +
                  "; if it was downloaded, compare its size or checksum with the source's",
              "model"};
}

at::ScalarType to_dtype(const nlohmann::json &name, const std::string &origin,
                        const std::string &key) {
  if (!name.is_string()) malformed(origin, "the dtype of '" + key + "' is not a string");
  for (const DtypeName &known : kDtypes) {
    if (name.get_ref<const std::string &>() == known.name) return known.dtype;
  }
  throw Error{ErrorKind::unsupported,
              origin + ": tensor '" + key + "' has the dtype " + name.dump() +
                  ", which is not read here; take the float32, float16 or bfloat16 weights",
              "model"};
}

std::optional<uint64_t> to_unsigned(const nlohmann::json &value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}

// The bytes of a tensor, or nothing when they do not fit in an int64_t.
std::optional<uint64_t> byte_size(const TensorEntry &entry) {
  uint64_t bytes = c10::elementSize(entry.dtype);
  for (const int64_t extent : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes)) return std::nullopt;
  }
  if (bytes > uint64_t{std::numeric_limits<int64_t>::max()}) return std::nullopt;
  return bytes;
}

std::vector<int64_t> to_shape(const nlohmann::json &value, const std::string &origin,
                              const std::string &key) {
  if (!value.is_array() || value.size() > kRankLimit) {
    malformed(origin, "the shape of '" + key + "' is not a list of at most " +
                          std::to_string(kRankLimit) + " sizes");
  }
  std::vector<int64_t> shape;
  for (const nlohmann::json &extent : value) {
    const auto size = to_unsigned(extent);
    if (!size || *size > uint64_t{std::numeric_limits<int64_t>::max()}) {
      malformed(origin, "the shape of '" + key + "' holds " + extent.dump());
    }
    shape.push_back(static_cast<int64_t>(*size));
  }
  return shape;
}

TensorEntry to_entry(const nlohmann::json &value, const std::string &origin,
                     const std::string &key) {
  for (const char *field : {"dtype", "shape", "data_offsets"}) {
    if (!value.is_object() || !value.contains(field)) {
      malformed(origin, "'" + key + "' has no " + field);
    }
  }
  TensorEntry entry;
  entry.dtype = to_dtype(value.at("dtype"), origin, key);
  entry.shape = to_shape(value.at("shape"), origin, key);
  const nlohmann::json &offsets = value.at("data_offsets");
  const bool is_pair = offsets.is_array() && offsets.size() == 2;
  const auto begin = is_pair ? to_unsigned(offsets[0]) : std::nullopt;
  const auto end = is_pair ? to_unsigned(offsets[1]) : std::nullopt;
  if (!begin || !end || *begin > *end) {
    malformed(origin, "the data_offsets of '" + key + "' are not [begin, end]");
  }
  entry.begin = *begin;
  entry.end = *end;
  if (byte_size(entry) != entry.end - entry.begin) {
    malformed(origin, "'" + key + "' of shape " + to_string(entry.shape) + " does not fill its " +
                          std::to_string(entry.end - entry.begin) + " bytes");
  }
  return entry;
}

std::map<std::string, std::string> to_metadata(const nlohmann::json &value,
                                               const std::string &origin) {
  std::map<std::string, std::string> metadata;
  for (const auto &[key, text] : value.items()) {
    if (!value.is_object() || !text.is_string()) {
      malformed(origin, "its __metadata__ is not a map of texts");
    }
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

void check_no_holes(const TensorEntries &entries, uint64_t data_bytes, const std::string &origin) {
  std::vector<const TensorEntries::value_type *> ordered;
  for (const auto &entry : entries) ordered.push_back(&entry);
  std::sort(ordered.begin(), ordered.end(), [](const auto *a, const auto *b) {
    return std::pair{a->second.begin, a->second.end} < std::pair{b->second.begin, b->second.end};
  });
  uint64_t position = 0;
  for (const auto *entry : ordered) {
    if (entry->second.begin != position) {
      malformed(origin, "'" + entry->first + "' begins at byte " +
                            std::to_string(entry->second.begin) + " of the data, not at " +
                            std::to_string(position) + ", where the tensor before it ends");
    }
    position = entry->second.end;
  }
  if (position != data_bytes) {
    malformed(origin, "its tensors end at byte " + std::to_string(position) +
                          " of the data, but the file has " + std::to_string(data_bytes));
  }
}

// Null, with errno set, for what cannot be opened or is no regular file: opening a pipe would wait
// for its writer.
std::FILE *open_file(const std::filesystem::path &path) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
    errno = EINVAL;
    return nullptr;
  }
  return std::fopen(path.c_str(), "rbe");
}

uint64_t little_endian(const std::array<unsigned char, kLengthBytes> &bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{bytes[i]} << (8 * i);
  return value;
}

// How much of the first dimension is read before it is passed on: what stays in a CPU's cache, or
// what is worth sending to a GPU.
int64_t rows_at_once(const at::Tensor &target) {
  const int64_t elements = int64_t{1} << (target.is_cpu() ? 16 : 22);
  const int64_t row = target.numel() / std::max<int64_t>(1, target.size(0));
  return std::max<int64_t>(1, elements / std::max<int64_t>(1, row));
}

// The bytes in the file of one of the target's rows.
uint64_t row_bytes(const TensorEntry &entry, const at::Tensor &target) {
  return (entry.end - entry.begin) / static_cast<uint64_t>(std::max<int64_t>(1, target.size(0)));
}

// Memory for what the piece `part` of a tensor is on its way from a file of `dtype`, where it is
// not read into its place at once: libtorch reorders and converts fast, but not both in one.
std::vector<at::Tensor> stages_of(const at::Tensor &part, at::ScalarType dtype) {
  std::vector<at::Tensor> stages;
  const bool converted = part.scalar_type() != dtype, reordered = !part.is_contiguous();
  if (part.is_cpu() && !converted && !reordered) return stages;
  stages.push_back(at::empty(part.sizes(), dtype));
  if (!part.is_cpu() || !converted) return stages;
  const auto add = [&](at::ScalarType of) {
    stages.push_back(at::empty(part.sizes(), of, part.suggest_memory_format()));
  };
  if (reordered) add(dtype);
  // It converts by the register from and to float32 alone; either way rounds once.
  if (dtype == at::kHalf && part.scalar_type() == at::kBFloat16) add(at::kFloat);
  return stages;
}

}  // namespace

std::string to_string(at::IntArrayRef shape) {
  std::string text = "[";
  for (const int64_t extent : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + "]";
}

SafetensorsHeader parse_safetensors_header(std::string header, uint64_t data_bytes,
                                           const std::string &origin) {
  const nlohmann::json root = parse_json(std::move(header), origin + " (header)");
  if (!root.is_object()) malformed(origin, "its header is not a JSON object");
  SafetensorsHeader result;
  for (const auto &[key, value] : root.items()) {
    if (key == "__metadata__") {
      result.metadata = to_metadata(value, origin);
    } else {
      result.entries.emplace(key, to_entry(value, origin, key));
    }
  }
  check_no_holes(result.entries, data_bytes, origin);
  return result;
}

TensorEntry rows_of(const TensorEntry &entry, int64_t index, int64_t parts) {
  TensorEntry rows = entry;
  const uint64_t bytes = (entry.end - entry.begin) / static_cast<uint64_t>(parts);
  rows.shape.front() /= parts;
  rows.begin = entry.begin + static_cast<uint64_t>(index) * bytes;
  rows.end = rows.begin + bytes;
  return rows;
}

SafetensorsFile::SafetensorsFile(std::filesystem::path path)
    : path_(std::move(path)), file_(open_file(path_), &std::fclose) {
  if (!file_) {
    throw Error{ErrorKind::not_found,
                path_.string() + ": cannot be opened: " + std::strerror(errno), "model"};
  }
  std::error_code error;
  const uint64_t file_bytes = std::filesystem::file_size(path_, error);
  if (error || file_bytes < kLengthBytes) malformed(path_.string(), "it is shorter than 8 bytes");

  std::array<unsigned char, kLengthBytes> length{};
  read_bytes(length.data(), length.size(), 0);
  const uint64_t header_bytes = little_endian(length);
  if (header_bytes > kHeaderLimit || header_bytes > file_bytes - kLengthBytes) {
    malformed(path_.string(), "its header claims " + std::to_string(header_bytes) +
                                  " bytes of a file of " + std::to_string(file_bytes));
  }
  std::string header(header_bytes, '\0');
  read_bytes(header.data(), header_bytes, kLengthBytes);
  data_offset_ = kLengthBytes + header_bytes;
  header_ = parse_safetensors_header(std::move(header), file_bytes - data_offset_, path_.string());
}

at::Tensor SafetensorsFile::read(const TensorEntry &entry) const {
  return read(entry, at::TensorOptions{entry.dtype});
}

at::Tensor SafetensorsFile::read(const TensorEntry &entry, const at::TensorOptions &options) const {
  at::Tensor tensor = at::empty(entry.shape, options);
  read_into(entry, tensor);
  return tensor;
}

void SafetensorsFile::read_into(const TensorEntry &entry, const at::Tensor &tensor) const {
  const at::Tensor target = tensor.is_contiguous() ? tensor.flatten() : tensor;
  const int64_t rows = rows_at_once(target), pieces = (target.size(0) + rows - 1) / rows;
  const auto read_some = [&](int64_t first, int64_t last) {
    const c10::InferenceMode inference;  // of the thread, which may be another one
    read_pieces(entry, target, rows, first, last);
  };
  if (tensor.is_cpu()) {
    at::parallel_for(0, pieces, 1, read_some);
  } else {
    read_some(0, pieces);
  }
}

// Pieces of `rows` rows, from `first` up to but not including `last`. What is converted on the way
// passes through memory that is touched again and again, so that no tensor is held twice.
void SafetensorsFile::read_pieces(const TensorEntry &entry, const at::Tensor &target, int64_t rows,
                                  int64_t first, int64_t last) const {
  std::vector<at::Tensor> stages;
  for (int64_t piece = first; piece < last; ++piece) {
    const at::Tensor part =
        target.slice(0, piece * rows, std::min((piece + 1) * rows, target.size(0)));
    if (piece == first) stages = stages_of(part, entry.dtype);
    const auto in_stage = [&](size_t index) { return stages[index].slice(0, 0, part.size(0)); };
    at::Tensor value = stages.empty() ? part : in_stage(0);
    const auto before = static_cast<uint64_t>(piece * rows) * row_bytes(entry, target);
    read_bytes(value.data_ptr(), value.nbytes(), data_offset_ + entry.begin + before);
    for (size_t i = 1; i < stages.size(); ++i) value = in_stage(i).copy_(value);
    if (!stages.empty()) part.copy_(value);
  }
}

void SafetensorsFile::read_bytes(void *destination, uint64_t bytes, uint64_t offset) const {
  auto *cursor = static_cast<char *>(destination);
  while (bytes > 0) {
    const ssize_t count = ::pread(::fileno(file_.get()), cursor, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw Error{ErrorKind::not_found,
                  path_.string() + ": reading failed at byte " + std::to_string(offset) + ": " +
                      std::strerror(errno),
                  "model"};
    }
    if (count == 0) malformed(path_.string(), "it became shorter while it was read");
    cursor += count;
    offset += static_cast<uint64_t>(count);
    bytes -= static_cast<uint64_t>(count);
  }
}

}  // namespace pictor::diffusion
