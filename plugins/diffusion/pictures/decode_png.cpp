#include "pictures/codecs.hpp"

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>

namespace pictor::diffusion {
namespace {

// What libpng reads from, and where it tells its errors.
struct Source {
  std::string_view rest;
  char message[200] = "not enough memory";
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto *source = static_cast<Source *>(png_get_error_ptr(png));
  std::snprintf(source->message, sizeof source->message, "%s", text);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep out, size_t size) {
  auto *source = static_cast<Source *>(png_get_io_ptr(png));
  if (size > source->rest.size()) png_error(png, "the file ends too early");
  std::memcpy(out, source->rest.data(), size);
  source->rest.remove_prefix(size);
}

class PngReader {
 public:
  explicit PngReader(Source &source)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, on_warning)) {
    if (png != nullptr) info = png_create_info_struct(png);
    if (info != nullptr) png_set_read_fn(png, &source, read_bytes);
  }
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
  PngReader(const PngReader &) = delete;
  PngReader &operator=(const PngReader &) = delete;

  png_structp png;
  png_infop info = nullptr;
};

// Asks for RGB of 8 bits, whatever the file holds. False: see Source::message. No object with a
// destructor may live here or in read_rows: libpng leaves by longjmp.
bool read_header(const PngReader &reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_read_info(reader.png, reader.info);
  png_set_expand(reader.png);
  png_set_scale_16(reader.png);
  png_set_strip_alpha(reader.png);
  png_set_gray_to_rgb(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_rows(const PngReader &reader, uint8_t *pixels, size_t row_bytes) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  const bool interlaced = png_get_interlace_type(reader.png, reader.info) != PNG_INTERLACE_NONE;
  const png_uint_32 height = png_get_image_height(reader.png, reader.info);
  for (int pass = 0; pass < (interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1); ++pass) {
    for (png_uint_32 y = 0; y < height; ++y) {
      png_read_row(reader.png, pixels + y * row_bytes, nullptr);
    }
  }
  png_read_end(reader.png, nullptr);
  return true;
}

}  // namespace

at::Tensor decode_png(std::string_view bytes) {
  Source source{bytes};
  const PngReader reader{source};
  if (reader.info == nullptr || !read_header(reader)) {
    throw BadPicture{std::string{"is a damaged PNG: "} + source.message};
  }
  at::Tensor picture = empty_picture(png_get_image_width(reader.png, reader.info),
                                     png_get_image_height(reader.png, reader.info));
  const auto row_bytes = static_cast<size_t>(picture.stride(0));
  if (png_get_rowbytes(reader.png, reader.info) != row_bytes) {
    throw BadPicture{"is a PNG of a kind that is not read here; convert it to RGB"};
  }
  if (!read_rows(reader, picture.data_ptr<uint8_t>(), row_bytes)) {
    throw BadPicture{std::string{"is a damaged PNG: "} + source.message};
  }
  return picture;
}

}  // namespace pictor::diffusion
