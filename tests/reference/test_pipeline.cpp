#include "denoisers/unet_2d_condition.hpp"
#include "error.hpp"
#include "model_copy.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/noise.hpp"
#include "pipelines/pipeline.hpp"
#include "pipelines/pixels.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"

#include <c10/core/InferenceMode.h>

#include <limits>
#include <memory>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

TextToImageRequest small_request() {
  TextToImageRequest request;
  request.samples = {{"a red fox", "", 1}};
  request.num_inference_steps = 2;
  return request;
}

const Pipeline &tiny_model() {
  static const std::unique_ptr<Pipeline> pipeline = load_pipeline(tiny_sd15(), {});
  return *pipeline;
}

// The parameter that a request is refused for; the message must name it, too.
std::string refused_parameter(const TextToImageRequest &request) {
  try {
    tiny_model().generate(request);
    return "accepted";
  } catch (const Error &error) {
    CHECK(error.kind() == ErrorKind::invalid_argument);
    CHECK_THAT(error.what(), ContainsSubstring(error.parameter()));
    return error.parameter();
  }
}

at::Tensor predict(const ModelCopy &model, const ReferenceCase &reference) {
  const c10::InferenceMode inference;
  Weights weights{model / "unet", "diffusion_pytorch_model", {}};
  const UNet2DConditionModel unet{read_unet_config(JsonFile{model / "unet/config.json"}), weights};
  return unet(reference.tensor("unet_input_0"), reference.model_timesteps()[0],
              {reference.tensor("unet_encoder_hidden_states")});
}

void replace_all(std::string &text, const std::string &from, const std::string &to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// Stores 1 x 1 convolutions before and after the transformers as matrices, as SD 2 does.
void flatten_projections(std::string &header) {
  for (const std::string name : {"proj_in.weight\"", "proj_out.weight\""}) {
    for (size_t at = header.find(name); at != std::string::npos; at = header.find(name, at + 1)) {
      header.erase(header.find(",1,1]", at), 4);
    }
  }
}

}  // namespace

TEST_CASE("a request that cannot be drawn names its parameter") {
  TextToImageRequest request = small_request();
  request.width = 100;
  CHECK(refused_parameter(request) == "width");
  CHECK_THROWS_WITH(tiny_model().generate(request), ContainsSubstring("96 and 104"));
  request = small_request();
  request.height = -8;
  CHECK(refused_parameter(request) == "height");
  request = small_request();
  request.height = int64_t{1} << 40;
  CHECK(refused_parameter(request) == "height");
  request = small_request();
  request.clip_skip = 4;
  CHECK(refused_parameter(request) == "clip_skip");
  request = small_request();
  request.guidance_rescale = 1.5;
  CHECK(refused_parameter(request) == "guidance_rescale");
  request = small_request();
  request.guidance_scale = std::numeric_limits<double>::quiet_NaN();
  CHECK(refused_parameter(request) == "guidance_scale");
  request = small_request();
  request.num_inference_steps = 0;
  CHECK(refused_parameter(request) == "num_inference_steps");
}

TEST_CASE("a parameter that a model of the family does not read is refused") {
  TextToImageRequest request = small_request();
  request.samples[0].prompt_2 = "an owl";
  CHECK(refused_parameter(request) == "prompt_2");
  request = small_request();
  request.size.target_size = {64, 64};
  CHECK(refused_parameter(request) == "target_size");
  request = small_request();
  request.negative_size.aesthetic_score = 2;
  CHECK(refused_parameter(request) == "negative_aesthetic_score");
  request = small_request();
  request.denoising_end = 0.5;
  CHECK(refused_parameter(request) == "denoising_end");
}

TEST_CASE("an image and what belongs to it are refused when they do not fit") {
  const at::Tensor picture = at::zeros({64, 64, 3}, at::kByte);
  TextToImageRequest request = small_request();
  request.strength = 0.5;
  CHECK(refused_parameter(request) == "strength");
  request.samples[0].mask_image = picture;
  CHECK(refused_parameter(request) == "mask_image");
  request.samples[0].image = picture;
  request.strength = 1.5;
  CHECK(refused_parameter(request) == "strength");
  request.strength = 0.1;  // of two steps
  CHECK(refused_parameter(request) == "strength");
  request = small_request();
  request.samples[0].image = at::zeros({64, 7, 3}, at::kByte);
  CHECK(refused_parameter(request) == "image");
}

TEST_CASE("an image is cut to whole latents, or stretched to the size that is asked for") {
  TextToImageRequest request = small_request();
  request.samples[0].image = at::full({67, 90, 3}, 90, at::kByte);
  CHECK(tiny_model().generate(request).images.sizes() == at::IntArrayRef{1, 64, 88, 3});
  request.width = 64;
  CHECK(tiny_model().generate(request).images.sizes() == at::IntArrayRef{1, 64, 64, 3});
}

TEST_CASE("what a mask keeps of an image is what the autoencoder makes of it") {
  TextToImageRequest request = small_request();
  request.samples[0].image = at::randint(256, {128, 128, 3}, at::kByte);
  request.samples[0].mask_image = at::zeros({128, 128, 3}, at::kByte);
  request.strength = 0.5;
  const at::Tensor kept = tiny_model().generate(request).images;
  request.num_inference_steps = 4;
  request.samples[0].prompt = "two owls";
  CHECK(tiny_model().generate(request).images.equal(kept));
  request.samples[0].mask_image.fill_(255);
  CHECK(!tiny_model().generate(request).images.equal(kept));
}

TEST_CASE("a run tells each step, and stops when asked to") {
  TextToImageRequest request = small_request();
  request.num_inference_steps = 5;
  request.scheduler.name = "euler";
  std::vector<int64_t> steps;
  RunCallbacks callbacks;
  callbacks.on_step = [&](int64_t step, int64_t count) {
    CHECK(count == 5);
    steps.push_back(step);
  };
  tiny_model().generate(request, callbacks);
  CHECK(steps == std::vector<int64_t>{1, 2, 3, 4, 5});

  steps.clear();
  callbacks.cancelled = [&] { return steps.size() == 2; };
  CHECK_THROWS_AS(tiny_model().generate(request, callbacks), Cancelled);
  CHECK(steps.size() == 2);
}

TEST_CASE("a load tells its progress, and stops when asked to") {
  LoadOptions options;
  double last = 0;
  options.on_progress = [&](double fraction) {
    CHECK(fraction >= last);
    last = fraction;
  };
  load_pipeline(tiny_sd15(), options);
  CHECK(last == 1);
  options.cancelled = [] { return true; };
  CHECK_THROWS_AS(load_pipeline(tiny_sd15(), options), Cancelled);
}

TEST_CASE("a component without files of the variant comes from its plain ones") {
  const ModelCopy model;
  LoadOptions options;
  options.variant = "fp16";
  const auto load = [&] { return load_pipeline(model.path(), options); };
  CHECK_THROWS_WITH(load(), ContainsSubstring("model.fp16.safetensors: no such file"));
  std::filesystem::rename(model / "unet/diffusion_pytorch_model.safetensors",
                          model / "unet/diffusion_pytorch_model.fp16.safetensors");
  CHECK(load()
            ->generate(small_request())
            .images.equal(tiny_model().generate(small_request()).images));
}

TEST_CASE("numbers that are not finite end a run instead of painting it black") {
  const ModelCopy unet_spoiled;
  unet_spoiled.spoil_tensor("unet/diffusion_pytorch_model.safetensors", "conv_out.bias");
  CHECK_THROWS_WITH(load_pipeline(unet_spoiled.path(), {})->generate(small_request()),
                    ContainsSubstring("the denoiser's output at step 1 of"));
  const ModelCopy vae_spoiled;
  vae_spoiled.spoil_tensor("vae/diffusion_pytorch_model.safetensors", "decoder.conv_out.bias");
  CHECK_THROWS_WITH(load_pipeline(vae_spoiled.path(), {})->generate(small_request()),
                    ContainsSubstring("the vae's output is not finite"));
}

TEST_CASE("a model that is not built here is refused by name") {
  const ModelCopy model;
  const auto load = [&] { load_pipeline(model.path(), {}); };
  model.patch_json("unet/config.json", {{"class_embed_type", "timestep"}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("class_embed_type"));
  model.patch_json("unet/config.json",
                   {{"class_embed_type", nullptr}, {"addition_embed_type", "image"}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("addition_embed_type"));
  model.patch_json("unet/config.json", {{"addition_embed_type", nullptr}, {"layers_per_block", 3}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("resnets.2") && ContainsSubstring("missing"));
  model.patch_json("unet/config.json", {{"layers_per_block", 1}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("has the shape"));
  model.patch_json("unet/config.json", {{"layers_per_block", 2}, {"norm_num_groups", 7}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("norm_num_groups"));
  model.patch_json("model_index.json", {{"unet", {"diffusers", "UNet3DConditionModel"}}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("UNet3DConditionModel"));
  model.patch_json("model_index.json", {{"_class_name", "MysteryPipeline"}});
  CHECK_THROWS_WITH(
      load(), ContainsSubstring("MysteryPipeline") && ContainsSubstring("StableDiffusionPipeline"));
  CHECK_THROWS_WITH(load_pipeline(model / "unet", {}), ContainsSubstring("model_index.json"));
  CHECK_THROWS_WITH(load_pipeline(model / "absent", {}),
                    ContainsSubstring("no such file or folder"));
}

TEST_CASE("projections stored as matrices, and head counts by level, mean the same network") {
  const ReferenceCase reference{tiny_sd15() / "reference/default_pndm"};
  const ModelCopy model;
  model.edit_header("unet/diffusion_pytorch_model.safetensors", flatten_projections);
  model.patch_json("unet/config.json", {{"use_linear_projection", true},
                                        {"upcast_attention", true},
                                        {"attention_head_dim", {4, 4, 4, 4}}});
  CHECK(relative_error(predict(model, reference), reference.tensor("unet_output_0")) <
        kComponentTolerance);
}

TEST_CASE("old names of the vae's attention, and unprefixed names of the text encoder, are read") {
  const ModelCopy model;
  model.edit_header("text_encoder/model.safetensors",
                    [](std::string &header) { replace_all(header, "text_model.", ""); });
  model.edit_header("vae/diffusion_pytorch_model.safetensors", [](std::string &header) {
    replace_all(header, ".to_q.", ".query.");
    replace_all(header, ".to_k.", ".key.");
    replace_all(header, ".to_v.", ".value.");
    replace_all(header, ".to_out.0.", ".proj_attn.");
  });
  const auto pipeline = load_pipeline(model.path(), {});
  CHECK(pipeline->generate(small_request())
            .images.equal(tiny_model().generate(small_request()).images));
}

TEST_CASE("pixels round half to even and never wrap") {
  const at::Tensor values = at::tensor({-9.F, -1.F, 0.F, 1.F / 255, 1.F, 9.F});  // 0 is 127.5
  const at::Tensor pixels = to_pixels(values.view({1, 1, 1, 6}).expand({1, 3, 1, 6}));
  CHECK(pixels.sizes() == at::IntArrayRef{1, 1, 6, 3});
  CHECK(pixels.select(3, 2).flatten().equal(at::tensor({0, 0, 128, 128, 255, 255}).to(at::kByte)));
}

TEST_CASE("guidance moves away from the negative prediction") {
  const at::Tensor negative = at::tensor({1.F, 2.F, 3.F, 4.F}).view({1, 1, 2, 2});
  const at::Tensor positive = at::tensor({2.F, 2.F, 5.F, 1.F}).view({1, 1, 2, 2});
  const at::Tensor guided = guide(negative, positive, 3, 0);
  CHECK(guided.flatten().equal(at::tensor({4.F, 2.F, 9.F, -5.F})));
  const at::Tensor rescaled = guide(negative, positive, 3, 1);
  CHECK(rescaled.std().item<float>() == Approx(positive.std().item<float>()));
}

TEST_CASE("each sample has its own generator") {
  Noise both{{3, 4}, at::kFloat, at::kCPU};
  Noise second{{4}, at::kFloat, at::kCPU};
  both.draw({4, 8, 8});
  second.draw({4, 8, 8});
  CHECK(both.draw({4, 8, 8})[1].equal(second.draw({4, 8, 8})[0]));
}

TEST_CASE("a placement that this machine or libtorch lacks is refused") {
  CHECK(resolve_placement("cpu", "auto").dtype == at::kFloat);
  CHECK(resolve_placement("cpu", "bfloat16").dtype == at::kBFloat16);
  CHECK_THROWS_WITH(resolve_placement("cpu", "float16"), ContainsSubstring("bfloat16"));
  CHECK_THROWS_WITH(resolve_placement("cpu", "int8"), ContainsSubstring("dtype 'int8'"));
  CHECK_THROWS_WITH(resolve_placement("tpu", "auto"), ContainsSubstring("device 'tpu'"));
  CHECK_THROWS_WITH(resolve_placement("cuda:x", "auto"), ContainsSubstring("cuda:N"));
  CHECK_THROWS_WITH(resolve_placement("cuda:4096", "auto"), ContainsSubstring("libtorch sees"));
  for (const char *device : {"auto", "same", "cpu"}) {
    const TextEncoderPlacement text = resolve_placement("cpu", "bfloat16", device).text_encoders;
    CHECK(text.device.is_cpu());
    CHECK(text.dtype == at::kBFloat16);
    CHECK_FALSE(text.movable);
  }
  CHECK_THROWS_WITH(resolve_placement("cpu", "auto", "tpu"),
                    ContainsSubstring("text_encoder_device 'tpu'"));
  CHECK(moved_to_cpu(at::kHalf).dtype == at::kFloat);
  CHECK(replica_devices("cpu", 2) == std::vector<std::string>{"cpu", "cpu"});
  CHECK_THROWS_WITH(replica_devices("tpu", 2), ContainsSubstring("device 'tpu'"));
  CHECK_THROWS_WITH(set_threads(-1), ContainsSubstring("threads"));
}

TEST_CASE("a model runs in bfloat16") {
  LoadOptions options;
  options.dtype = "bfloat16";
  const TextToImageResult result = load_pipeline(tiny_sd15(), options)->generate(small_request());
  CHECK(result.images.sizes() == at::IntArrayRef{1, 128, 128, 3});
  CHECK(result.images.to(at::kFloat).std().item<float>() > 1);
}
