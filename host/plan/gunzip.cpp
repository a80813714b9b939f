#include "plan/gunzip.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace pictor::host {
namespace {

constexpr std::string_view magic = "\x1F\x8B";
constexpr int gzip_only = MAX_WBITS + 16;
constexpr std::size_t unpacked_piece = 1 << 18;

}  // namespace

struct Gunzip::Stream {
  Stream() {
    if (inflateInit2(&state, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&state); }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  z_stream state{};
  std::vector<char> out = std::vector<char>(unpacked_piece);
};

bool is_gzip(std::string_view start) {
  return start.starts_with(magic);
}

std::uint64_t most_unpacked(std::uint64_t packed_bytes) {
  constexpr std::uint64_t always = std::uint64_t{1} << 30, times = 250;
  return std::max(always, packed_bytes * times);
}

Gunzip::Gunzip(std::string name, Take take)
    : name_(std::move(name)), take_(std::move(take)), stream_(std::make_unique<Stream>()) {}

Gunzip::~Gunzip() = default;

void Gunzip::feed(std::string_view packed) {
  z_stream &state = stream_->state;
  while (!packed.empty()) {
    // In pieces that zlib's 32-bit counts hold.
    const std::size_t size = std::min(packed.size(), unpacked_piece);
    state.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
    state.avail_in = static_cast<uInt>(size);
    packed.remove_prefix(size);
    while (state.avail_in > 0) {
      if (between_members_) {
        begin_member();
      } else {
        inflate_piece();
      }
    }
  }
}

void Gunzip::begin_member() {
  z_stream &state = stream_->state;
  const bool zero = *state.next_in == 0 && packed_ > 0;
  if (zero) {
    padding_ = true;
    ++state.next_in;
    --state.avail_in;
    ++packed_;
  } else if (padding_ || *state.next_in != static_cast<unsigned char>(magic[0])) {
    refuse(packed_ == 0 ? "it is not gzip" : "what follows the gzip data is no gzip");
  } else {
    inflateReset(&state);
    between_members_ = false;
  }
}

void Gunzip::inflate_piece() {
  z_stream &state = stream_->state;
  int result = Z_OK;
  do {
    state.next_out = reinterpret_cast<Bytef *>(stream_->out.data());
    state.avail_out = static_cast<uInt>(stream_->out.size());
    const uInt before = state.avail_in;
    result = inflate(&state, Z_NO_FLUSH);
    packed_ += before - state.avail_in;
    take({stream_->out.data(), stream_->out.size() - state.avail_out});
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      refuse(fmt::format("the gzip data is damaged ({})",
                         state.msg == nullptr ? "no reason known" : state.msg));
    }
    // A full buffer: zlib may hold more.
  } while (result == Z_OK && state.avail_out == 0);
  between_members_ = result == Z_STREAM_END;
}

void Gunzip::take(std::string_view bytes) {
  if (bytes.empty()) return;
  unpacked_ += bytes.size();
  lines_ += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  if (unpacked_ > most_unpacked(packed_)) {
    throw Error(fmt::format("{}: its first {} bytes unpack to more than {} bytes", name_, packed_,
                            most_unpacked(packed_)),
                "if that is meant, unpack it with gunzip and name the unpacked file");
  }
  take_(bytes);
}

void Gunzip::finish() {
  if (!between_members_) refuse("the gzip data is cut off");
}

void Gunzip::refuse(const std::string &what) const {
  throw Error(fmt::format("{}: {} at byte {}; {} lines before it are good", name_, what,
                          packed_ + 1, lines_),
              lines_ == 0 ? "`gzip -t` checks a file; copy or download it again"
                          : fmt::format("copy or download it again; `gzip -dc {} | head -n {}` "
                                        "shows what is good",
                                        name_ == "stdin" ? "FILE" : name_, lines_));
}

}  // namespace pictor::host
