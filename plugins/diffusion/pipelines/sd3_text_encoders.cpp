#include "pipelines/sd3_text_encoders.hpp"

#include "error.hpp"
#include "pipelines/components.hpp"
#include "pipelines/guidance.hpp"

#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

constexpr int64_t kSequenceLength = 256, kLongestSequence = 512;

template <class Concerns>
void append(std::vector<CutPrompt> &all, std::vector<CutPrompt> some, const Concerns &concerns) {
  for (CutPrompt &cut : some) {
    if (concerns(cut.sample)) all.push_back(std::move(cut));
  }
}

}  // namespace

Sd3TextEncoders::Sd3TextEncoders(PromptEncoder clip, PromptEncoder clip_2,
                                 std::optional<T5PromptEncoder> t5, int64_t width,
                                 int64_t pooled_width)
    : clip_(std::move(clip)), clip_2_(std::move(clip_2)), t5_(std::move(t5)), width_(width) {
  require_matching(pooled_width, clip_.pooled_width() + clip_2_.pooled_width(),
                   "the transformer's pooled_projection_dim and the projection_dim of both CLIP "
                   "text encoders");
  if (t5_) {
    require_matching(width_, t5_->width(),
                     "the transformer's joint_attention_dim and T5's d_model");
  }
  const int64_t clip_width = clip_.width() + clip_2_.width();
  if (clip_width <= width_) return;
  throw Error{ErrorKind::invalid_argument,
              "the model's components do not fit together: the hidden_size of both CLIP text "
              "encoders, " +
                  std::to_string(clip_width) + ", exceeds the transformer's joint_attention_dim, " +
                  std::to_string(width_),
              "model"};
}

void Sd3TextEncoders::to(const at::TensorOptions &options) const {
  clip_.to(options);
  clip_2_.to(options);
  if (t5_) t5_->to(options);
}

Conditioning Sd3TextEncoders::operator()(const TextToImageRequest &request,
                                         std::vector<CutPrompt> &cut) const {
  const auto positive = encode(request, {kPrompts, kPromptsForT5}, request.clip_skip, cut);
  if (!is_guided(request)) return {positive.hidden, positive.pooled};
  const auto negative = encode(request, {kNegativePrompts, kNegativePromptsForT5}, 0, cut);
  return {at::cat({negative.hidden, positive.hidden}), at::cat({negative.pooled, positive.pooled})};
}

// The states of both CLIP models side by side, widened with zeros to T5's, then T5's; and both
// pooled vectors. Of a text that several read, what T5 leaves out is cut: it reads more than CLIP.
ClipTextModel::Output Sd3TextEncoders::encode(const TextToImageRequest &request, const Texts &texts,
                                              int64_t clip_skip,
                                              std::vector<CutPrompt> &cut) const {
  const std::vector<std::string> prompts = texts_of(request, texts.clip.text);
  const int64_t length = resolve_sequence_length(request, kSequenceLength, kLongestSequence);
  const auto has_text_2 = [&](size_t sample) { return has_second(request, texts.clip, sample); };
  const auto has_text_3 = [&](size_t sample) { return has_second(request, texts.t5, sample); };

  std::vector<CutPrompt> cut_by_clip, cut_by_clip_2, cut_by_t5;
  const auto first = clip_.with_pooled(prompts, clip_skip, texts.clip.name, cut_by_clip);
  const auto second = clip_2_.with_pooled(second_texts(request, texts.clip), clip_skip,
                                          texts.clip.name_2, cut_by_clip_2);
  const at::Tensor clip = at::cat({first.hidden, second.hidden}, -1);
  const at::Tensor t5 =
      t5_ ? (*t5_)(second_texts(request, texts.t5), length, texts.t5.name, cut_by_t5)
          : at::zeros({clip.size(0), length, width_}, clip.options());
  for (CutPrompt &end : cut_by_t5) {
    if (has_text_3(end.sample)) end.parameter = texts.t5.name_2;
  }
  append(cut, std::move(cut_by_t5), [](size_t) { return true; });
  append(cut, std::move(cut_by_clip), [&](size_t sample) { return !t5_ || has_text_3(sample); });
  append(cut, std::move(cut_by_clip_2), has_text_2);
  return {at::cat({at::constant_pad_nd(clip, {0, width_ - clip.size(2)}), t5}, 1),
          at::cat({first.pooled, second.pooled}, -1)};
}

}  // namespace pictor::diffusion
