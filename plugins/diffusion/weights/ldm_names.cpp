#include "weights/ldm_names.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pictor::diffusion {
namespace {

constexpr int64_t kLargestIndex = 1 << 20;

struct Renaming {
  std::string_view from;
  std::string_view to;
};

// ResBlock -> ResnetBlock2D
constexpr Renaming kResnetNames[] = {
    {"in_layers.0", "norm1"},  {"in_layers.2", "conv1"},  {"emb_layers.1", "time_emb_proj"},
    {"out_layers.0", "norm2"}, {"out_layers.3", "conv2"}, {"skip_connection", "conv_shortcut"},
};

// What is not in a block.
constexpr Renaming kUNetNames[] = {
    {"input_blocks.0.0", "conv_in"},
    {"time_embed.0", "time_embedding.linear_1"},
    {"time_embed.2", "time_embedding.linear_2"},
    {"label_emb.0.0", "add_embedding.linear_1"},
    {"label_emb.0.2", "add_embedding.linear_2"},
    {"middle_block.1", "mid_block.attentions.0"},
    {"out.0", "conv_norm_out"},
    {"out.2", "conv_out"},
};

constexpr Renaming kVaeNames[] = {
    {"mid.block_1", "mid_block.resnets.0"},
    {"mid.block_2", "mid_block.resnets.1"},
    {"mid.attn_1.norm", "mid_block.attentions.0.group_norm"},
    {"mid.attn_1.q", "mid_block.attentions.0.to_q"},
    {"mid.attn_1.k", "mid_block.attentions.0.to_k"},
    {"mid.attn_1.v", "mid_block.attentions.0.to_v"},
    {"mid.attn_1.proj_out", "mid_block.attentions.0.to_out.0"},
    {"norm_out", "conv_norm_out"},
    {"conv_in", "conv_in"},
    {"conv_out", "conv_out"},
};

constexpr Renaming kOpenClipNames[] = {
    {"token_embedding", "text_model.embeddings.token_embedding"},
    {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
    {"ln_final", "text_model.final_layer_norm"},
    {"text_projection", "text_projection.weight"},
};

constexpr Renaming kOpenClipLayerNames[] = {
    {"ln_1", "layer_norm1"},
    {"ln_2", "layer_norm2"},
    {"mlp.c_fc", "mlp.fc1"},
    {"mlp.c_proj", "mlp.fc2"},
    {"attn.out_proj", "self_attn.out_proj"},
    {"attn.in_proj_weight", "self_attn.{}.weight"},
    {"attn.in_proj_bias", "self_attn.{}.bias"},
};

// A name that is read from its beginning.
class Name {
 public:
  Name(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  // Takes `words` off when they are the next ones; a '.' in them stands for the separator.
  bool take(std::string_view words) {
    if (rest_.size() < words.size()) return false;
    for (size_t i = 0; i < words.size(); ++i) {
      if (rest_[i] != (words[i] == '.' ? separator_ : words[i])) return false;
    }
    return advance(words.size());
  }

  std::optional<int64_t> take_number() {
    int64_t number = 0;
    const char *end = rest_.data() + rest_.size();
    const auto result = std::from_chars(rest_.data(), end, number);
    if (result.ec != std::errc{} || number < 0 || number > kLargestIndex) return std::nullopt;
    if (!advance(static_cast<size_t>(result.ptr - rest_.data()))) return std::nullopt;
    return number;
  }

  // What the table calls the next words, or "".
  template <size_t size>
  std::string_view take(const Renaming (&table)[size]) {
    for (const Renaming &renaming : table) {
      if (take(renaming.from)) return renaming.to;
    }
    return {};
  }

  // What is left, with its separator before it.
  std::string rest() const { return rest_.empty() ? "" : separator_ + std::string{rest_}; }

 private:
  // Takes `count` characters and the separator after them, unless a word would be cut.
  bool advance(size_t count) {
    if (count < rest_.size() && rest_[count] != separator_) return false;
    rest_.remove_prefix(std::min(count + 1, rest_.size()));
    return true;
  }

  std::string_view rest_;
  char separator_;
};

template <size_t size>
std::string renamed(Name name, const std::string &prefix, const Renaming (&table)[size]) {
  const std::string_view to = name.take(table);
  return to.empty() ? "" : prefix + std::string{to} + name.rest();
}

// ldm numbers the blocks of all levels through; a level has `layers` of them and one more: on the
// way down the one that halves, on the way up another layer.
std::string unet_block_key(Name name, bool down, int64_t layers) {
  const auto number = name.take_number();
  const auto part = number ? name.take_number() : std::nullopt;
  if (!part) return "";
  // The first input block is conv_in; a downsampler is a block, an upsampler part of one.
  const int64_t index = down ? *number - 1 : *number;
  const std::string block =
      (down ? "down_blocks." : "up_blocks.") + std::to_string(index / (layers + 1)) + ".";
  const std::string layer = std::to_string(index % (layers + 1));
  if (down && *part == 0 && name.take("op")) return block + "downsamplers.0.conv" + name.rest();
  if (!down && *part > 0 && name.take("conv")) return block + "upsamplers.0.conv" + name.rest();
  if (*part == 0) return renamed(name, block + "resnets." + layer + ".", kResnetNames);
  if (*part == 1) return block + "attentions." + layer + name.rest();
  return "";
}

// One more than the largest number that follows `words` in the names.
int64_t count_below(std::string_view words, const std::vector<std::string_view> &names) {
  int64_t count = 0;
  for (const std::string_view text : names) {
    Name name{text, '.'};
    if (name.take(words)) count = std::max(count, name.take_number().value_or(-1) + 1);
  }
  return count;
}

}  // namespace

std::string unet_key(std::string_view name, int64_t layers, char separator) {
  Name rest{name, separator};
  if (std::string key = renamed(rest, "", kUNetNames); !key.empty()) return key;
  for (const char *index : {"0", "2"}) {
    Name block = rest;
    const std::string resnet = *index == '0' ? "0" : "1";
    if (!block.take("middle_block." + std::string{index})) continue;
    return renamed(block, "mid_block.resnets." + resnet + ".", kResnetNames);
  }
  if (rest.take("input_blocks")) return unet_block_key(rest, true, layers);
  if (rest.take("output_blocks")) return unet_block_key(rest, false, layers);
  return "";
}

int64_t layers_per_block(const std::vector<std::string_view> &names) {
  int64_t last = 0, first_downsampler = 0;
  for (const std::string_view text : names) {
    Name name{text, '.'};
    if (!name.take("input_blocks")) continue;
    const auto number = name.take_number();
    if (!number || *number == 0) continue;
    last = std::max(last, *number);
    if (!name.take("0.op")) continue;
    if (first_downsampler == 0 || *number < first_downsampler) first_downsampler = *number;
  }
  return std::max<int64_t>(1, first_downsampler == 0 ? last : first_downsampler - 1);
}

std::string vae_key(std::string_view text, int64_t levels) {
  Name name{text, '.'};
  for (const char *whole : {"quant_conv", "post_quant_conv"}) {
    Name rest = name;
    if (rest.take(whole)) return whole + rest.rest();
  }
  const bool decodes = name.take("decoder");
  if (!decodes && !name.take("encoder")) return "";
  const std::string side = decodes ? "decoder." : "encoder.";
  if (!name.take(decodes ? "up" : "down")) return renamed(name, side, kVaeNames);
  const auto level = name.take_number();
  if (!level) return "";
  const std::string block = side + (decodes ? "up_blocks." + std::to_string(levels - 1 - *level)
                                            : "down_blocks." + std::to_string(*level));
  if (name.take(decodes ? "upsample" : "downsample")) {
    return block + (decodes ? ".upsamplers.0" : ".downsamplers.0") + name.rest();
  }
  if (!name.take("block")) return "";
  std::string key = block + ".resnets" + name.rest();
  constexpr std::string_view kOldShortcut = ".nin_shortcut.";
  const size_t at = key.find(kOldShortcut);
  if (at != std::string::npos) key.replace(at, kOldShortcut.size(), ".conv_shortcut.");
  return key;
}

int64_t decoder_levels(const std::vector<std::string_view> &names) {
  return count_below("decoder.up", names);
}

int64_t open_clip_layers(const std::vector<std::string_view> &names) {
  return count_below("transformer.resblocks", names);
}

std::string open_clip_key(std::string_view text) {
  Name name{text, '.'};
  if (std::string key = renamed(name, "", kOpenClipNames); !key.empty()) return key;
  if (!name.take("transformer.resblocks")) return "";
  const auto layer = name.take_number();
  if (!layer) return "";
  return renamed(name, "text_model.encoder.layers." + std::to_string(*layer) + ".",
                 kOpenClipLayerNames);
}

}  // namespace pictor::diffusion
