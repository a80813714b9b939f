#include "output/codec.hpp"

#include <fmt/format.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

namespace pictor::host {

namespace {

constexpr int full_colour_quality = 90;

struct Errors {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void on_error(j_common_ptr jpeg) {
  auto *errors = reinterpret_cast<Errors *>(jpeg->err);
  errors->base.format_message(jpeg, errors->message);
  std::longjmp(errors->jump, 1);
}

void on_message(j_common_ptr, int) {}

class Writer {
 public:
  Writer() {
    jpeg.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = on_error;
    errors.base.emit_message = on_message;
  }
  ~Writer() {
    jpeg_destroy_compress(&jpeg);
    std::free(data);
  }
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  jpeg_compress_struct jpeg{};
  Errors errors{};
  unsigned char *data = nullptr;
  unsigned long size = 0;
};

void set_shape(jpeg_compress_struct &jpeg, const Pixels &pixels, int quality) {
  jpeg.image_width = pixels.width;
  jpeg.image_height = pixels.height;
  jpeg.input_components = static_cast<int>(pixels.channels);
  jpeg.in_color_space = pixels.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.optimize_coding = TRUE;
  if (quality >= full_colour_quality) {
    jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
  }
}

bool write(Writer &writer, const Pixels &pixels, int quality, std::string_view app1) {
  if (setjmp(writer.errors.jump) != 0) return false;
  jpeg_create_compress(&writer.jpeg);
  jpeg_mem_dest(&writer.jpeg, &writer.data, &writer.size);
  set_shape(writer.jpeg, pixels, quality);
  jpeg_start_compress(&writer.jpeg, TRUE);
  if (!app1.empty()) {
    jpeg_write_marker(&writer.jpeg, JPEG_APP0 + 1, reinterpret_cast<const JOCTET *>(app1.data()),
                      static_cast<unsigned>(app1.size()));
  }
  while (writer.jpeg.next_scanline < writer.jpeg.image_height) {
    // libjpeg does not write to the row; its type only lacks the const.
    JSAMPROW row =
        const_cast<JSAMPROW>(pixels.bytes.data() + writer.jpeg.next_scanline * pixels.row_bytes());
    jpeg_write_scanlines(&writer.jpeg, &row, 1);
  }
  jpeg_finish_compress(&writer.jpeg);
  return true;
}

}  // namespace

std::variant<std::string, Failure> encode_jpeg(const Pixels &pixels, int quality,
                                               const std::string &exif) {
  if (pixels.width > JPEG_MAX_DIMENSION || pixels.height > JPEG_MAX_DIMENSION) {
    return image_failure(
        Outcome::invalid,
        fmt::format("a JPEG has at most {} pixels a side, this picture is {} x {}: "
                    "choose format png",
                    JPEG_MAX_DIMENSION, pixels.width, pixels.height));
  }
  std::string app1;
  if (!exif.empty()) app1 = std::string("Exif\0\0", 6) + exif;
  Writer writer;
  if (!write(writer, pixels, quality, app1)) {
    return image_failure(Outcome::internal,
                         fmt::format("cannot make the JPEG: {}", writer.errors.message));
  }
  return std::string(reinterpret_cast<const char *>(writer.data), writer.size);
}

}  // namespace pictor::host
