#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace pictor::host {

// Whether a file that begins so is gzip'd.
bool is_gzip(std::string_view start);

// How much may come out of a gzip file of that size, so that a small file cannot fill a disk: text
// packs a few times, rarely fifty times smaller.
std::uint64_t most_unpacked(std::uint64_t packed_bytes);

// Unpacks gzip'd rows as they come, one member after another, as gzip itself does; zeros behind the
// last one are padding. What comes out goes to `take`.
class Gunzip {
 public:
  using Take = std::function<void(std::string_view)>;

  // `name` is for messages.
  Gunzip(std::string name, Take take);
  ~Gunzip();
  Gunzip(const Gunzip &) = delete;
  Gunzip &operator=(const Gunzip &) = delete;

  // Throws Error for bytes that are no gzip, and for more than most_unpacked().
  void feed(std::string_view packed);
  // After the last byte. Throws Error when the data ends before its end.
  void finish();

 private:
  struct Stream;

  void inflate_piece();
  void begin_member();
  void take(std::string_view bytes);
  [[noreturn]] void refuse(const std::string &what) const;

  std::string name_;
  Take take_;
  std::unique_ptr<Stream> stream_;
  std::uint64_t packed_ = 0, unpacked_ = 0, lines_ = 0;
  bool between_members_ = true, padding_ = false;
};

}  // namespace pictor::host
