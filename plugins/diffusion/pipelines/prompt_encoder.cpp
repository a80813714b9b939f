#include "pipelines/prompt_encoder.hpp"

#include "error.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace pictor::diffusion {

PromptEncoder::PromptEncoder(ClipTokenizer tokenizer, ClipTextModel text_model)
    : tokenizer_(std::move(tokenizer)), text_model_(std::move(text_model)) {
  if (tokenizer_.vocabulary_size() > text_model_->config().vocab_size) {
    throw Error{ErrorKind::invalid_argument,
                "the tokenizer has ids up to " + std::to_string(tokenizer_.vocabulary_size() - 1) +
                    ", but the text encoder's vocab_size is " +
                    std::to_string(text_model_->config().vocab_size) +
                    "; are both of the same model?",
                "model"};
  }
}

int64_t PromptEncoder::count_chunks(const std::vector<std::string> &prompts, bool weights,
                                    const std::string &parameter) const {
  int64_t most = 1;
  for (const std::string &prompt : prompts) {
    most = std::max(most, diffusion::count_chunks(tokenizer_, prompt, weights, parameter));
  }
  return most;
}

at::Tensor PromptEncoder::operator()(const std::vector<std::string> &prompts, int64_t clip_skip,
                                     const std::string &parameter, std::vector<CutPrompt> &cut,
                                     const PromptLayout &layout) const {
  const std::shared_ptr<const ClipTextModel> text_model = text_model_.get();
  const int64_t layers = text_model->config().num_hidden_layers;
  check_clip_skip(clip_skip, layers, layers);
  const ChunkBatch batch = tokenized(prompts, layout, text_model->device(), parameter, cut);
  return side_by_side((*text_model)(batch.ids, clip_skip), batch, layout);
}

ClipTextModel::Output PromptEncoder::with_pooled(const std::vector<std::string> &prompts,
                                                 int64_t clip_skip, const std::string &parameter,
                                                 std::vector<CutPrompt> &cut,
                                                 const PromptLayout &layout) const {
  const std::shared_ptr<const ClipTextModel> text_model = text_model_.get();
  const int64_t layers = text_model->config().num_hidden_layers;
  check_clip_skip(clip_skip, layers - 1, layers);
  const ChunkBatch batch = tokenized(prompts, layout, text_model->device(), parameter, cut);
  const ClipTextModel::Output output = text_model->with_pooled(batch.ids, clip_skip + 1);
  const at::Tensor first_chunk_of = batch.row_of * layout.chunks;
  return {side_by_side(output.hidden, batch, layout),
          output.pooled.index_select(0, first_chunk_of)};
}

PromptEncoder::ChunkBatch PromptEncoder::tokenized(const std::vector<std::string> &prompts,
                                                   const PromptLayout &layout, at::Device device,
                                                   const std::string &parameter,
                                                   std::vector<CutPrompt> &cut) const {
  std::vector<float> weights;
  const auto tokenizer = [&](std::string_view prompt) {
    PromptChunks chunks = in_chunks(tokenizer_, prompt, layout, parameter);
    weights.insert(weights.end(), chunks.weights.begin(), chunks.weights.end());
    return TokenizedPrompt{std::move(chunks.ids), std::move(chunks.cut)};
  };
  ChunkBatch batch{tokenize(prompts, tokenizer, device, parameter, cut), {}};
  batch.ids = batch.ids.view({-1, tokenizer_.max_length()});
  if (layout.weights) batch.weights = at::tensor(weights).view_as(batch.ids).to(device);
  return batch;
}

at::Tensor PromptEncoder::side_by_side(const at::Tensor &hidden, const ChunkBatch &batch,
                                       const PromptLayout &layout) const {
  const at::Tensor weighted = batch.weights.defined()
                                  ? hidden * batch.weights.to(hidden.scalar_type()).unsqueeze(2)
                                  : hidden;
  return weighted.reshape({-1, layout.chunks * hidden.size(1), hidden.size(2)})
      .index_select(0, batch.row_of);
}

void PromptEncoder::check_clip_skip(int64_t clip_skip, int64_t most, int64_t layers) {
  if (clip_skip >= 0 && clip_skip <= most) return;
  throw Error{ErrorKind::invalid_argument,
              "clip_skip = " + std::to_string(clip_skip) + " is not between 0 and " +
                  std::to_string(most) + ": the text encoder has " + std::to_string(layers) +
                  " layers",
              "clip_skip"};
}

PromptEncoder load_prompt_encoder(const std::filesystem::path &tokenizer,
                                  const std::filesystem::path &text_encoder, Weights &weights,
                                  ClipTextModel::Projection projection) {
  const ClipTextConfig config = read_clip_text_config(JsonFile{text_encoder / "config.json"});
  return {ClipTokenizer{tokenizer, config.max_position_embeddings},
          ClipTextModel{config, weights, projection}};
}

}  // namespace pictor::diffusion
