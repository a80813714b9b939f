#include "output/codec.hpp"

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

namespace pictor::host {

namespace {

// What libpng reads from, and where it tells its errors.
struct Input {
  const char *next;
  std::size_t left;
  bool cut = false;
  char message[200] = "not enough memory";
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto *input = static_cast<Input *>(png_get_error_ptr(png));
  std::snprintf(input->message, sizeof input->message, "%s", text);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep out, std::size_t size) {
  auto *input = static_cast<Input *>(png_get_io_ptr(png));
  if (size > input->left) {
    input->cut = true;
    png_error(png, "the data ends too early");
  }
  std::memcpy(out, input->next, size);
  input->next += size;
  input->left -= size;
}

class Reader {
 public:
  explicit Reader(Input &input) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, on_error, on_warning);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info != nullptr) png_set_read_fn(png, &input, read_bytes);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader &) = delete;
  Reader &operator=(const Reader &) = delete;

  png_structp png = nullptr;
  png_infop info = nullptr;
};

// Grey, RGB or RGBA with 8 bits, whatever the file holds.
void ask_for_plain_pixels(png_structp png, png_infop info) {
  png_set_expand(png);
  png_set_scale_16(png);
  const bool colour = (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) != 0;
  const bool alpha = (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) != 0 ||
                     png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  if (!colour && alpha) png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

bool read_header(const Reader &reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_user_limits(reader.png, max_side, max_side);
  png_read_info(reader.png, reader.info);
  ask_for_plain_pixels(reader.png, reader.info);
  return true;
}

// `stride` 0 lets every row overwrite the one before.
bool read_rows(const Reader &reader, std::uint8_t *rows, std::size_t stride) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  const bool interlaced = png_get_interlace_type(reader.png, reader.info) != PNG_INTERLACE_NONE;
  const png_uint_32 height = png_get_image_height(reader.png, reader.info);
  for (int pass = 0; pass < (interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1); ++pass) {
    for (png_uint_32 y = 0; y < height; ++y) {
      png_read_row(reader.png, rows + y * stride, nullptr);
    }
  }
  png_read_end(reader.png, nullptr);
  return true;
}

Failure failure_of(const Input &input) {
  return image_failure(
      Outcome::truncated,
      fmt::format("the PNG is {}: {}", input.cut ? "cut off" : "damaged", input.message));
}

}  // namespace

std::variant<Decoded, Failure> decode_png(std::string_view bytes, DecodeDepth depth) {
  Input input{bytes.data(), bytes.size()};
  const Reader reader(input);
  if (reader.info == nullptr || !read_header(reader)) return failure_of(input);
  Decoded decoded;
  decoded.info = {ImageFormat::png, png_get_image_width(reader.png, reader.info),
                  png_get_image_height(reader.png, reader.info),
                  png_get_channels(reader.png, reader.info)};
  const ImageInfo &info = decoded.info;
  if (auto failure = check_shape(info.width, info.height, info.channels)) return *failure;
  if (depth == DecodeDepth::header) return decoded;
  const std::size_t row_bytes = png_get_rowbytes(reader.png, reader.info);
  const bool keep = depth == DecodeDepth::pixels;
  decoded.bytes.resize(row_bytes * (keep ? info.height : 1));
  if (!read_rows(reader, decoded.bytes.data(), keep ? row_bytes : 0)) return failure_of(input);
  return decoded;
}

}  // namespace pictor::host
