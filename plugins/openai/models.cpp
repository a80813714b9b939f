#include "models.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

namespace pictor::openai {

namespace {

constexpr std::uint32_t most_in_a_request = 10;

constexpr std::string_view live = "gpt-image-2.6-flare or gpt-image-2.6-sunburst";
struct Retired {
  std::string_view model, replacement;
};
// Shut down by OpenAI: DALL-E on 2026-05-12, gpt-image-1 on 2026-10-23, the rest on 2026-12-01.
constexpr std::array retired = {
    Retired{"dall-e-2", live},
    Retired{"dall-e-3", live},
    Retired{"gpt-image-1", live},
    Retired{"gpt-image-1-mini", live},
    Retired{"gpt-image-1.5", live},
    Retired{"gpt-image-1.5-2025-12-16", live},
    Retired{"chatgpt-image-latest", live},
};

// Behind a gateway's prefix.
std::string_view bare(std::string_view model) {
  const std::size_t slash = model.rfind('/');
  return slash == std::string_view::npos ? model : model.substr(slash + 1);
}

bool is_one_of(Size size, std::initializer_list<Size> sizes) {
  return std::any_of(sizes.begin(), sizes.end(), [&](const Size &each) {
    return each.width == size.width && each.height == size.height;
  });
}

std::string doubt_about_free_size(Size size) {
  constexpr std::int64_t longest = 3840, least_pixels = 655'360, most_pixels = 8'294'400;
  const auto [low, high] = std::minmax(size.width, size.height);
  if (size.width % 16 != 0 || size.height % 16 != 0) return "both sides must be multiples of 16";
  if (high > longest) return "a side has at most 3840 pixels";
  if (high > 3 * low) return "the sides may differ by a factor of 3 at most";
  const std::int64_t pixels = size.width * size.height;
  if (pixels < least_pixels || pixels > most_pixels) {
    return "a picture has 655,360 to 8,294,400 pixels";
  }
  return {};
}

}  // namespace

bool is_gpt_image(std::string_view model) {
  return bare(model).starts_with("gpt-image-") || bare(model).starts_with("chatgpt-image-");
}

bool is_dall_e(std::string_view model) {
  return bare(model).starts_with("dall-e-");
}

bool is_openai_model(std::string_view model) {
  return is_gpt_image(model) || is_dall_e(model);
}

std::uint32_t most_pictures(std::string_view model) {
  return bare(model) == "dall-e-3" ? 1 : most_in_a_request;
}

std::optional<std::string_view> replacement_of(std::string_view model) {
  const auto found = std::find_if(retired.begin(), retired.end(),
                                  [&](const Retired &each) { return each.model == bare(model); });
  if (found == retired.end()) return std::nullopt;
  return found->replacement;
}

std::optional<Size> size_of(std::string_view text) {
  Size size;
  const char *const end = text.data() + text.size();
  const auto width = std::from_chars(text.data(), end, size.width);
  if (width.ec != std::errc() || width.ptr == end || *width.ptr != 'x') return std::nullopt;
  const auto height = std::from_chars(width.ptr + 1, end, size.height);
  if (height.ec != std::errc() || height.ptr != end) return std::nullopt;
  constexpr std::int64_t longest = 65'536;
  const auto fits = [](std::int64_t side) { return side > 0 && side <= longest; };
  return fits(size.width) && fits(size.height) ? std::optional(size) : std::nullopt;
}

std::string doubt_about(std::string_view model, Size size) {
  const std::string_view name = bare(model);
  if (name == "dall-e-2") {
    return is_one_of(size, {{256, 256}, {512, 512}, {1024, 1024}})
               ? ""
               : "it draws 256x256, 512x512 and 1024x1024";
  }
  if (name == "dall-e-3") {
    return is_one_of(size, {{1024, 1024}, {1792, 1024}, {1024, 1792}})
               ? ""
               : "it draws 1024x1024, 1792x1024 and 1024x1792";
  }
  if (name.starts_with("gpt-image-1")) {
    return is_one_of(size, {{1024, 1024}, {1536, 1024}, {1024, 1536}})
               ? ""
               : "it draws 1024x1024, 1536x1024 and 1024x1536";
  }
  return name.starts_with("gpt-image-2") ? doubt_about_free_size(size) : "";
}

std::size_t longest_prompt(std::string_view model) {
  if (is_gpt_image(model)) return 32'000;
  if (bare(model) == "dall-e-3") return 4'000;
  return bare(model) == "dall-e-2" ? 1'000 : 0;
}

}  // namespace pictor::openai
