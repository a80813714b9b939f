#include "error.hpp"
#include "pipelines/pipeline.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"
#include "text_encoders/prompt_weights.hpp"

#include <c10/core/InferenceMode.h>

#include <memory>
#include <string>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

// "a |owl @1.3|": stretches between bars, the weight after @ where it is not 1.
std::string parsed(const std::string &prompt) {
  std::string result;
  for (const WeightedText &piece : weighted_texts(prompt, "prompt")) {
    result += piece.text;
    if (piece.weight != 1) result += "@" + std::to_string(piece.weight).substr(0, 5);
    result += "|";
  }
  return result;
}

// The text encoder of tiny-sdxl: the first, or with the suffix "_2" the one that projects.
PromptEncoder encoder_of(const std::string &suffix) {
  const auto folder = tiny_sdxl() / ("text_encoder" + suffix);
  const ClipTextConfig config = read_clip_text_config(JsonFile{folder / "config.json"});
  Weights weights{folder, "model", {}};
  const auto projection =
      suffix.empty() ? ClipTextModel::Projection::no : ClipTextModel::Projection::yes;
  return {ClipTokenizer{tiny_sdxl() / ("tokenizer" + suffix), config.max_position_embeddings},
          ClipTextModel{config, weights, projection}};
}

// Words that are one token each in the tiny vocabulary, `count` of them from the `first` on.
std::string words(int first, int count) {
  std::string text;
  for (int i = first; i < first + count; ++i) text += std::to_string(i % 10) + " ";
  return text;
}

constexpr int kPlaces = 75;

ClipTextModel::Output encoded(const PromptEncoder &encoder, const std::vector<std::string> &prompts,
                              const PromptLayout &layout = {}) {
  std::vector<CutPrompt> cut;
  const auto output = encoder.with_pooled(prompts, 0, "prompt", cut, layout);
  CHECK(cut.empty());
  return output;
}

TextToImageRequest small_request(const std::string &prompt) {
  TextToImageRequest request;
  request.samples = {{prompt, "blurry", 1}};
  request.num_inference_steps = 2;
  request.width = request.height = 64;
  return request;
}

const Pipeline &model_at(const std::filesystem::path &folder) {
  static const auto sd15 = load_pipeline(tiny_sd15(), {}), sdxl = load_pipeline(tiny_sdxl(), {});
  return folder == tiny_sdxl() ? *sdxl : *sd15;
}

}  // namespace

TEST_CASE("brackets weigh what they enclose") {
  CHECK(parsed("") == "|");
  CHECK(parsed("an owl") == "an owl|");
  CHECK(parsed("an (owl)") == "an |owl@1.100|");
  CHECK(parsed("an [owl], flat") == "an |owl@0.909|, flat|");
  CHECK(parsed("an (owl:1.3) and (fox : .5 )") == "an |owl@1.300| and |fox @0.500|");
  CHECK(parsed("((a) b:2)") == "a@2.200| b@2.000|");
  CHECK(parsed("([a])") == "a|");
  CHECK(parsed("(a:-1) (b:+2)") == "a@-1.00| |b@2.000|");
}

TEST_CASE("brackets without their partner are read as the web UI reads them") {
  CHECK(parsed("an (owl") == "an |owl@1.100|");
  CHECK(parsed("[a (b") == "a @0.909|b|");
  CHECK(parsed("a) b] c") == "a) b] c|");
  CHECK(parsed("a:1.3) b") == "a:1.3) b|");
  CHECK(parsed("[a:1.3]") == "a:1.3@0.909|");
  CHECK(parsed("(a: b)") == "a: b@1.100|");
  CHECK(parsed("()") == "|");
}

TEST_CASE("a backslash makes a bracket text") {
  CHECK(parsed(R"(a \(b\) \[c\] \\ d\e)") == R"(a (b) [c] \ de|)");
  CHECK(parsed(R"((a \(b\):1.2))") == "a (b)@1.200|");
  CHECK(parsed("a\\") == "a|");
}

TEST_CASE("a weight that is no number is refused") {
  CHECK_THROWS_WITH(parsed("(a:1.2.3)"), ContainsSubstring("prompt") && ContainsSubstring("1.2.3"));
  CHECK_THROWS_WITH(parsed("(a:.)"), ContainsSubstring("is not a number"));
}

TEST_CASE("a prompt of one chunk without weights is encoded as ever") {
  const c10::InferenceMode inference;
  for (const std::string suffix : {"", "_2"}) {
    const PromptEncoder encoder = encoder_of(suffix);
    const std::vector<std::string> prompts{"a red fox, glossy", "", words(3, kPlaces)};
    CHECK(encoder.count_chunks(prompts, true, "prompt") == 1);
    const auto plain = encoded(encoder, prompts), weighted = encoded(encoder, prompts, {1, true});
    CHECK(weighted.hidden.equal(plain.hidden));
    CHECK(weighted.pooled.equal(plain.pooled));
  }
}

TEST_CASE("the chunks of a long prompt are encoded one by one") {
  const c10::InferenceMode inference;
  for (const std::string suffix : {"", "_2"}) {
    const PromptEncoder encoder = encoder_of(suffix);
    const std::string first = words(0, kPlaces), second = words(kPlaces, 5);
    CHECK(encoder.count_chunks({first + second, "an owl"}, false, "prompt") == 2);
    const auto both = encoded(encoder, {first + second, "an owl"}, {2, false});
    const auto alone = encoded(encoder, {first, second, "an owl", ""});
    const at::Tensor &states = alone.hidden;
    CHECK(relative_error(both.hidden[0], at::cat({states[0], states[1]})) < 1e-6);
    CHECK(relative_error(both.hidden[1], at::cat({states[2], states[3]})) < 1e-6);
    CHECK(relative_error(both.pooled[0], alone.pooled[0]) < 1e-6);
    CHECK(relative_error(both.pooled[1], alone.pooled[2]) < 1e-6);
  }
}

TEST_CASE("what does not fit into the chunks is cut and told") {
  const c10::InferenceMode inference;
  std::vector<CutPrompt> cut;
  encoder_of("").with_pooled({words(0, kPlaces) + "(owl)"}, 0, "prompt", cut, {1, true});
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].text == "owl");
}

TEST_CASE("a weight multiplies the states at the tokens of its text, and no others") {
  const c10::InferenceMode inference;
  const PromptEncoder encoder = encoder_of("");
  const auto plain = encoded(encoder, {"1 2 3 4"});
  const auto weighted = encoded(encoder, {"1 (2 3:1.5) 4"}, {1, true});
  at::Tensor weights = at::ones({plain.hidden.size(1), 1});
  weights.slice(0, 2, 4).fill_(1.5);  // after the start and "1"
  CHECK(relative_error(weighted.hidden[0], plain.hidden[0] * weights) < 1e-6);
  CHECK(weighted.pooled.equal(plain.pooled));
}

TEST_CASE("weights reach into later chunks") {
  const c10::InferenceMode inference;
  const PromptEncoder encoder = encoder_of("");
  const std::string prompt = words(0, kPlaces + 2);
  const auto plain = encoded(encoder, {prompt}, {2, false});
  const auto weighted = encoded(encoder, {words(0, kPlaces) + "(5 6:0.5)"}, {2, true});
  at::Tensor weights = at::ones({plain.hidden.size(1), 1});
  weights.slice(0, kPlaces + 3, kPlaces + 5).fill_(0.5);
  CHECK(relative_error(weighted.hidden[0], plain.hidden[0] * weights) < 1e-6);
}

TEST_CASE("short prompts without brackets draw the same picture however they are read") {
  for (const auto &folder : {tiny_sd15(), tiny_sdxl()}) {
    TextToImageRequest request = small_request("a red fox");
    const at::Tensor plain = model_at(folder).generate(request).images;
    request.long_prompts_in_chunks = request.prompt_weights = true;
    CHECK(model_at(folder).prompt_chunks(request) == 1);
    CHECK(model_at(folder).generate(request).images.equal(plain));
  }
}

TEST_CASE("by default a long prompt is cut and brackets are text") {
  for (const auto &folder : {tiny_sd15(), tiny_sdxl()}) {
    TextToImageRequest request = small_request(words(0, 2 * kPlaces) + "(owl:1.9)");
    const TextToImageResult cut = model_at(folder).generate(request);
    CHECK_THAT(cut.cut_prompts.at(0).text,
               ContainsSubstring("(owl:1.9)") || ContainsSubstring("( owl : 1 . 9 )"));
    request.long_prompts_in_chunks = true;
    CHECK(model_at(folder).prompt_chunks(request) == 3);
    const TextToImageResult whole = model_at(folder).generate(request);
    CHECK(whole.cut_prompts.empty());
    CHECK(share_beyond_one(whole.images, cut.images) > kPictureTolerance);
    request.prompt_weights = true;
    const TextToImageResult weighted = model_at(folder).generate(request);
    CHECK_FALSE(weighted.images.equal(whole.images));
  }
}

TEST_CASE("a negative prompt counts where there is guidance, and every text of XL") {
  TextToImageRequest request = small_request("an owl");
  request.long_prompts_in_chunks = true;
  request.samples[0].negative_prompt = words(0, kPlaces + 1);
  CHECK(model_at(tiny_sd15()).prompt_chunks(request) == 2);
  CHECK(model_at(tiny_sd15()).generate(request).cut_prompts.empty());
  request.guidance_scale = 1;
  CHECK(model_at(tiny_sd15()).prompt_chunks(request) == 1);
  request.samples[0].prompt_2 = words(0, 2 * kPlaces + 1);
  CHECK(model_at(tiny_sdxl()).prompt_chunks(request) == 3);
  CHECK(model_at(tiny_sdxl()).generate(request).cut_prompts.empty());
}
