#include "autoencoders/tiles.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

constexpr int64_t kOverlap = 4;  // tiles share a side's length over this

// Writes the fade from the end of `before` over the beginning of `tile`, along `axis`.
void fade_in(at::Tensor &tile, const at::Tensor &before, int64_t axis, int64_t extent) {
  extent = std::min({extent, before.size(axis), tile.size(axis)});
  std::vector<int64_t> shape(static_cast<size_t>(tile.dim()), 1);
  shape[static_cast<size_t>(axis)] = extent;
  const at::Tensor share = (at::arange(extent, tile.options()) / extent).view(shape);
  at::Tensor begin = tile.slice(axis, 0, extent);
  begin.copy_(before.slice(axis, before.size(axis) - extent) * (1 - share) + begin * share);
}

}  // namespace

at::Tensor in_tiles(const at::Tensor &x, const TileSize &size,
                    const std::function<at::Tensor(const at::Tensor &tile)> &network) {
  constexpr int64_t kRows = 2, kColumns = 3;
  const int64_t step = size.input - size.input / kOverlap;
  const int64_t fade = size.output / kOverlap, kept = size.output - fade;
  std::vector<at::Tensor> above, rows;
  for (int64_t top = 0; top < x.size(kRows); top += step) {
    std::vector<at::Tensor> row, joined;
    for (int64_t left = 0; left < x.size(kColumns); left += step) {
      at::Tensor tile =
          network(x.slice(kRows, top, top + size.input).slice(kColumns, left, left + size.input));
      if (top > 0) fade_in(tile, above[row.size()], kRows, fade);
      if (left > 0) fade_in(tile, row.back(), kColumns, fade);
      row.push_back(tile);
      joined.push_back(tile.slice(kRows, 0, kept).slice(kColumns, 0, kept));
    }
    rows.push_back(at::cat(joined, kColumns));
    above = std::move(row);
  }
  return at::cat(rows, kRows);
}

}  // namespace pictor::diffusion
