#include "output/codec.hpp"

#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>

namespace pictor::host {

namespace {

// A progressive file may repeat scans without end; real ones have a dozen.
constexpr int max_scans = 500;

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

// libjpeg paints over damage and warns; here damage is an error.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      on_error(jpeg);
    default:
      break;
  }
}

void on_progress(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > max_scans) {
    ERREXIT(jpeg, JERR_BAD_PROGRESSION);
  }
}

class Reader {
 public:
  Reader() {
    jpeg.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = on_error;
    errors.base.emit_message = on_message;
    progress.progress_monitor = on_progress;
  }
  ~Reader() { jpeg_destroy_decompress(&jpeg); }
  Reader(const Reader &) = delete;
  Reader &operator=(const Reader &) = delete;

  jpeg_decompress_struct jpeg{};
  Errors errors{};
  jpeg_progress_mgr progress{};
};

bool read_header(Reader &reader, std::string_view bytes) {
  if (setjmp(reader.errors.jump) != 0) return false;
  jpeg_create_decompress(&reader.jpeg);
  reader.jpeg.progress = &reader.progress;
  jpeg_mem_src(&reader.jpeg, reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size());
  jpeg_read_header(&reader.jpeg, TRUE);
  const int components = reader.jpeg.num_components;
  reader.jpeg.out_color_space = components == 1   ? JCS_GRAYSCALE
                                : components == 4 ? JCS_CMYK
                                                  : JCS_RGB;
  jpeg_calc_output_dimensions(&reader.jpeg);
  return true;
}

// `stride` 0 lets every row overwrite the one before.
bool read_rows(Reader &reader, std::uint8_t *rows, std::size_t stride) {
  if (setjmp(reader.errors.jump) != 0) return false;
  jpeg_start_decompress(&reader.jpeg);
  while (reader.jpeg.output_scanline < reader.jpeg.output_height) {
    JSAMPROW row = rows + reader.jpeg.output_scanline * stride;
    jpeg_read_scanlines(&reader.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&reader.jpeg);
  return true;
}

Failure failure_of(const Reader &reader) {
  const int code = reader.errors.base.msg_code;
  const bool cut = code == JWRN_JPEG_EOF || code == JERR_INPUT_EOF || code == JERR_INPUT_EMPTY;
  return image_failure(
      Outcome::truncated,
      fmt::format("the JPEG is {}: {}", cut ? "cut off" : "damaged", reader.errors.message));
}

}  // namespace

std::variant<Decoded, Failure> decode_jpeg(std::string_view bytes, DecodeDepth depth) {
  Reader reader;
  if (!read_header(reader, bytes)) return failure_of(reader);
  Decoded decoded;
  decoded.info = {ImageFormat::jpeg, reader.jpeg.output_width, reader.jpeg.output_height,
                  static_cast<std::uint32_t>(reader.jpeg.output_components)};
  const ImageInfo &info = decoded.info;
  if (auto failure = check_shape(info.width, info.height, info.channels)) return *failure;
  if (depth == DecodeDepth::header) return decoded;
  const bool keep = depth == DecodeDepth::pixels;
  if (keep && info.channels == 4) {
    return image_failure(Outcome::invalid, "the JPEG is CMYK: convert it to RGB");
  }
  const std::size_t row_bytes = std::size_t{info.width} * info.channels;
  decoded.bytes.resize(row_bytes * (keep ? info.height : 1));
  if (!read_rows(reader, decoded.bytes.data(), keep ? row_bytes : 0)) return failure_of(reader);
  return decoded;
}

}  // namespace pictor::host
