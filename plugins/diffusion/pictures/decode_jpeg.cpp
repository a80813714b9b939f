#include "pictures/codecs.hpp"

// jpeglib.h needs FILE and size_t to be known.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>
#include <string>

namespace pictor::diffusion {
namespace {

// A progressive file may repeat scans without end; real ones have a dozen.
constexpr int kMostScans = 500;
constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr std::string_view kExifPrefix{"Exif\0\0", 6};

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
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMostScans) {
    ERREXIT(jpeg, JERR_BAD_PROGRESSION);
  }
}

class JpegReader {
 public:
  JpegReader() {
    jpeg.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = on_error;
    errors.base.emit_message = on_message;
    progress.progress_monitor = on_progress;
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg); }
  JpegReader(const JpegReader &) = delete;
  JpegReader &operator=(const JpegReader &) = delete;

  [[noreturn]] void fail() const {
    throw BadPicture{std::string{"is a damaged JPEG: "} + errors.message};
  }

  int orientation() const {
    for (const jpeg_marker_struct *marker = jpeg.marker_list; marker != nullptr;
         marker = marker->next) {
      const std::string_view data{reinterpret_cast<const char *>(marker->data),
                                  marker->data_length};
      if (data.substr(0, kExifPrefix.size()) != kExifPrefix) continue;
      return exif_orientation(data.substr(kExifPrefix.size()));
    }
    return 1;
  }

  jpeg_decompress_struct jpeg{};
  Errors errors{};
  jpeg_progress_mgr progress{};
};

// False: see Errors::message. No object with a destructor may live here or in read_rows: libjpeg
// leaves by longjmp.
bool read_header(JpegReader &reader, std::string_view bytes) {
  if (setjmp(reader.errors.jump) != 0) return false;
  jpeg_create_decompress(&reader.jpeg);
  reader.jpeg.progress = &reader.progress;
  jpeg_mem_src(&reader.jpeg, reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size());
  jpeg_save_markers(&reader.jpeg, kExifMarker, 0xFFFF);
  jpeg_read_header(&reader.jpeg, TRUE);
  reader.jpeg.out_color_space = JCS_RGB;
  return true;
}

bool read_rows(JpegReader &reader, uint8_t *pixels, size_t row_bytes) {
  if (setjmp(reader.errors.jump) != 0) return false;
  jpeg_start_decompress(&reader.jpeg);
  while (reader.jpeg.output_scanline < reader.jpeg.output_height) {
    JSAMPROW row = pixels + reader.jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&reader.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&reader.jpeg);
  return true;
}

}  // namespace

at::Tensor decode_jpeg(std::string_view bytes) {
  JpegReader reader;
  if (!read_header(reader, bytes)) reader.fail();
  if (reader.jpeg.num_components == 4) throw BadPicture{"is a CMYK JPEG; convert it to RGB"};
  at::Tensor picture = empty_picture(reader.jpeg.image_width, reader.jpeg.image_height);
  const int orientation = reader.orientation();
  if (!read_rows(reader, picture.data_ptr<uint8_t>(), static_cast<size_t>(picture.stride(0)))) {
    reader.fail();
  }
  return upright(picture, orientation);
}

}  // namespace pictor::diffusion
