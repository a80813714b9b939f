#pragma once

#include "pipelines/prompt_batch.hpp"
#include "pipelines/prompt_chunks.hpp"
#include "pipelines/text_to_image.hpp"
#include "text_encoders/clip_text_model.hpp"
#include "text_encoders/clip_tokenizer.hpp"
#include "text_encoders/relocatable.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pictor::diffusion {

// CLIP's tokenizer and text model together: prompts to hidden states.
class PromptEncoder {
 public:
  // Throws Error when the two are not of the same model.
  PromptEncoder(ClipTokenizer tokenizer, ClipTextModel text_model);

  int64_t width() const { return text_model_->config().hidden_size; }
  int64_t pooled_width() const { return text_model_->pooled_width(); }

  // Moves the text model to the device and dtype of `options`, where its states are from then on.
  void to(const at::TensorOptions &options) const { text_model_.to(options); }

  // The chunks that the longest of the prompts needs; see PromptLayout.
  int64_t count_chunks(const std::vector<std::string> &prompts, bool weights,
                       const std::string &parameter) const;

  // [prompts, chunks * max_length, width], one row for each prompt; equal prompts are computed
  // once. Each chunk goes through the text model by itself, and their states stand side by side;
  // the state at a token is multiplied by its weight, without a correction of the mean (the web
  // UI's emphasis "No norm"). `parameter` names the prompts in what is appended to `cut`. Throws
  // Error for a bad `clip_skip` and for a weight that is no number.
  at::Tensor operator()(const std::vector<std::string> &prompts, int64_t clip_skip,
                        const std::string &parameter, std::vector<CutPrompt> &cut,
                        const PromptLayout &layout = {}) const;

  // What SDXL and SD 3 take: the hidden state `clip_skip` layers before the last but one, without
  // the final layer norm, [prompts, chunks * max_length, width]; and one vector for the first chunk
  // of each prompt, without weights, [prompts, pooled_width]. Otherwise as above.
  ClipTextModel::Output with_pooled(const std::vector<std::string> &prompts, int64_t clip_skip,
                                    const std::string &parameter, std::vector<CutPrompt> &cut,
                                    const PromptLayout &layout = {}) const;

 private:
  // Prompts whose `ids` are those of all chunks, [distinct prompts * chunks, max_length].
  struct ChunkBatch : PromptBatch {
    at::Tensor weights;  // [distinct prompts * chunks, max_length], or undefined: all 1
  };

  ChunkBatch tokenized(const std::vector<std::string> &prompts, const PromptLayout &layout,
                       at::Device device, const std::string &parameter,
                       std::vector<CutPrompt> &cut) const;
  // What the text model made of the batch's chunks -> [prompts, chunks * max_length, width].
  at::Tensor side_by_side(const at::Tensor &hidden, const ChunkBatch &batch,
                          const PromptLayout &layout) const;
  static void check_clip_skip(int64_t clip_skip, int64_t most, int64_t layers);

  ClipTokenizer tokenizer_;
  Relocatable<ClipTextModel> text_model_;
};

// Reads the two from their folders. Throws Error.
PromptEncoder load_prompt_encoder(
    const std::filesystem::path &tokenizer, const std::filesystem::path &text_encoder,
    Weights &weights, ClipTextModel::Projection projection = ClipTextModel::Projection::no);

}  // namespace pictor::diffusion
