#include "weights/single_file.hpp"

#include "error.hpp"
#include "weights/foreign_formats.hpp"
#include "weights/ldm_names.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace pictor::diffusion {
namespace {

enum class Naming { unet, vae, clip, open_clip };

// The tensors below a prefix are those of a component.
struct PartOfFile {
  std::string_view prefix;
  std::string_view component;
  Naming naming;
};

// SD 1; SD 2; SDXL's two; the text encoder of SDXL's refiner is SDXL's second.
constexpr std::string_view kClip = "cond_stage_model.transformer.";
constexpr std::string_view kOpenClip = "cond_stage_model.model.";
constexpr std::string_view kClipOfXl = "conditioner.embedders.0.transformer.";
constexpr std::string_view kOpenClipOfXl = "conditioner.embedders.1.model.";
constexpr std::string_view kOpenClipOfRefiner = "conditioner.embedders.0.model.";
constexpr std::string_view kUNet = "model.diffusion_model.";
constexpr std::string_view kVae = "first_stage_model.";

constexpr PartOfFile kParts[] = {
    {kUNet, "unet", Naming::unet},
    {kVae, "vae", Naming::vae},
    {kClip, "text_encoder", Naming::clip},
    {kOpenClip, "text_encoder", Naming::open_clip},
    {kClipOfXl, "text_encoder", Naming::clip},
    {kOpenClipOfXl, "text_encoder_2", Naming::open_clip},
    {kOpenClipOfRefiner, "text_encoder_2", Naming::open_clip},
};

// What training leaves in a file and drawing does not need: the moving average of the weights, the
// tables of the noise schedule (they follow from the scheduler's configuration), counters and
// losses. A name that ends in '.' stands for all below it.
constexpr std::string_view kUnused[] = {
    "model_ema.",
    "betas",
    "alphas_cumprod",
    "alphas_cumprod_prev",
    "sqrt_alphas_cumprod",
    "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod",
    "sqrt_recip_alphas_cumprod",
    "sqrt_recipm1_alphas_cumprod",
    "posterior_variance",
    "posterior_log_variance_clipped",
    "posterior_mean_coef1",
    "posterior_mean_coef2",
    "lvlb_weights",
    "logvar",
    "scale_factor",
    "denoiser.sigmas",
    "denoiser.log_sigmas",
    "first_stage_model.loss.",
    "first_stage_model.model_ema.",
    "cond_stage_model.logit_scale",
    "cond_stage_model.model.logit_scale",
    "cond_stage_model.model.attn_mask",
    "cond_stage_model.transformer.logit_scale",
    "conditioner.embedders.0.logit_scale",
    "conditioner.embedders.0.model.logit_scale",
    "conditioner.embedders.1.model.logit_scale",
    "conditioner.embedders.1.model.attn_mask",
};

// An index that transformers once stored, whatever the text encoder is called.
constexpr std::string_view kPositionIds = "embeddings.position_ids";

constexpr size_t kTensorsShown = 5;

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

bool is_unused(std::string_view name) {
  if (ends_with(name, kPositionIds)) return true;
  return std::any_of(std::begin(kUnused), std::end(kUnused), [&](std::string_view unused) {
    return unused.back() == '.' ? begins_with(name, unused) : name == unused;
  });
}

const PartOfFile *part_of(std::string_view name) {
  for (const PartOfFile &part : kParts) {
    if (begins_with(name, part.prefix)) return &part;
  }
  return nullptr;
}

// Puts the tensors of a part into a table, under the names that `to_key` gives them.
class TableWriter {
 public:
  TableWriter(std::shared_ptr<const SafetensorsFile> file, std::string_view prefix)
      : file_(std::move(file)), prefix_(prefix) {
    table_.origin = file_->path().string();
  }

  WeightTable take() { return std::move(table_); }

  const TensorEntry &entry(const std::string &name) const {
    return file_->entries().at(std::string{prefix_} + name);
  }

  StoredTensor &add(const std::string &key, const std::string &name, TensorEntry entry) {
    const auto [added, fresh] = table_.tensors.emplace(key, StoredTensor{file_, std::move(entry)});
    if (!fresh || key.empty()) {
      throw Error{ErrorKind::invalid_argument,
                  table_.origin + ": tensor '" + std::string{prefix_} + name +
                      "' has no place in diffusers' layout of the model; the file can be "
                      "converted with " +
                      convert_single_file(table_.origin),
                  "model"};
    }
    return added->second;
  }

  StoredTensor &add(const std::string &key, const std::string &name) {
    return add(key, name, entry(name));
  }

 private:
  std::shared_ptr<const SafetensorsFile> file_;
  std::string_view prefix_;
  WeightTable table_;
};

using Names = std::vector<std::string>;

std::vector<std::string_view> views_of(const Names &names) {
  return {names.begin(), names.end()};
}

void add_unet(TableWriter &writer, const Names &names) {
  const int64_t layers = layers_per_block(views_of(names));
  for (const std::string &name : names) writer.add(unet_key(name, layers), name);
}

// Matrices of the attention, which ldm keeps as 1 x 1 convolutions.
TensorEntry as_matrix(TensorEntry entry) {
  const bool is_pointwise = entry.shape.size() == 4 && entry.shape[2] == 1 && entry.shape[3] == 1;
  if (is_pointwise) entry.shape.resize(2);
  return entry;
}

void add_vae(TableWriter &writer, const Names &names) {
  const int64_t levels = decoder_levels(views_of(names));
  for (const std::string &name : names) {
    const std::string key = vae_key(name, levels);
    const bool in_attention = key.find(".attentions.") != std::string::npos;
    const TensorEntry &entry = writer.entry(name);
    writer.add(key, name, in_attention ? as_matrix(entry) : entry);
  }
}

// Some merges hold the projection of the whole CLIP, which the text encoder of SD 1 does without.
void add_clip(TableWriter &writer, const Names &names) {
  for (const std::string &name : names) {
    writer.add(name, name).spare = begins_with(name, "text_projection.");
  }
}

// SD 2 reads the text before the last layer and the projection, and converters leave the last layer
// out of the configuration: both are spare.
void add_open_clip(TableWriter &writer, const Names &names) {
  const std::string last_layer =
      "text_model.encoder.layers." + std::to_string(open_clip_layers(views_of(names)) - 1) + ".";
  for (const std::string &name : names) {
    const std::string key = open_clip_key(name);
    const size_t fused = key.find(kFusedLayers);
    const bool is_spare = key == "text_projection.weight" || begins_with(key, last_layer);
    if (fused == std::string::npos) {
      StoredTensor &tensor = writer.add(key, name);
      tensor.spare = is_spare;
      tensor.transposed = name == "text_projection" && tensor.entry.shape.size() == 2;
      continue;
    }
    const TensorEntry &entry = writer.entry(name);
    if (entry.shape.empty() || entry.shape.front() % 3 != 0) writer.add("", name);
    int64_t third = 0;
    for (const char *layer : {"q_proj", "k_proj", "v_proj"}) {
      std::string part_key = key;
      part_key.replace(fused, kFusedLayers.size(), layer);
      writer.add(part_key, name, rows_of(entry, third++, 3)).spare = is_spare;
    }
  }
}

std::string listed(const std::vector<std::string> &names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kTensorsShown; ++i) {
    text += (i == 0 ? "'" : ", '") + names[i] + "'";
  }
  return text + (names.size() > kTensorsShown ? ", ..." : "");
}

}  // namespace

SingleFile::SingleFile(const std::filesystem::path &path)
    : file_(std::make_shared<const SafetensorsFile>(path)) {
  sort_tensors();
  recognise();
}

void SingleFile::sort_tensors() {
  std::vector<std::string> strangers;
  for (const auto &[name, entry] : file_->entries()) {
    if (is_unused(name)) continue;
    const PartOfFile *part = part_of(name);
    if (part == nullptr) {
      strangers.push_back(name);
    } else {
      names_[std::string{part->prefix}].push_back(name.substr(part->prefix.size()));
    }
  }
  const std::string path = file_->path().string();
  if (names_.count(std::string{kUNet}) == 0) {
    throw Error{ErrorKind::unsupported,
                path +
                    ": not a whole model in the layout of Stable Diffusion 1, 2 or XL, whose "
                    "tensors begin with 'model.diffusion_model.'; its first are " +
                    listed(strangers) + "; convert it with " + convert_single_file(path),
                "model"};
  }
  if (strangers.empty()) return;
  throw Error{ErrorKind::unsupported,
              path + ": " + std::to_string(strangers.size()) +
                  " tensors belong to no component of Stable Diffusion: " + listed(strangers) +
                  "; if they do not matter, convert the file with " + convert_single_file(path),
              "model"};
}

void SingleFile::recognise() {
  const auto holds = [&](std::string_view prefix) {
    return names_.count(std::string{prefix}) != 0;
  };
  if (holds(kOpenClipOfXl)) {
    family_ = "Stable Diffusion XL";
    repository_ = "stabilityai/stable-diffusion-xl-base-1.0";
  } else if (holds(kOpenClipOfRefiner)) {
    family_ = "the refiner of Stable Diffusion XL";
    repository_ = "stabilityai/stable-diffusion-xl-refiner-1.0";
  } else if (holds(kOpenClip)) {
    family_ = "Stable Diffusion 2";
    repository_ = "stabilityai/stable-diffusion-2-1";
  } else if (holds(kClip)) {
    family_ = "Stable Diffusion 1";
    repository_ = "stable-diffusion-v1-5/stable-diffusion-v1-5";
  } else {
    const std::string path = file_->path().string();
    throw Error{ErrorKind::unsupported,
                path +
                    ": holds no text encoder under a name of Stable Diffusion 1, 2 or XL; if it "
                    "is a model of theirs, convert it with " +
                    convert_single_file(path),
                "model"};
  }
}

WeightTable SingleFile::component(const std::string &name) const {
  for (const PartOfFile &part : kParts) {
    const auto names = names_.find(std::string{part.prefix});
    if (part.component != name || names == names_.end()) continue;
    TableWriter writer{file_, part.prefix};
    switch (part.naming) {
      case Naming::unet:
        add_unet(writer, names->second);
        break;
      case Naming::vae:
        add_vae(writer, names->second);
        break;
      case Naming::clip:
        add_clip(writer, names->second);
        break;
      case Naming::open_clip:
        add_open_clip(writer, names->second);
        break;
    }
    return writer.take();
  }
  throw Error{ErrorKind::invalid_argument,
              file_->path().string() + ": holds " + family_ + ", which has no " + name +
                  "; is the folder of 'config' that of the same family?",
              "config"};
}

}  // namespace pictor::diffusion
