// Drawing on a CUDA GPU. Without one each case says so and is skipped.

#include "denoisers/rotated_norm.hpp"
#include "error.hpp"
#include "layers/adaptive_norm.hpp"
#include "layers/cuda_kernel.hpp"
#include "layers/group_norm_kernel.hpp"
#include "pipelines/device.hpp"
#include "pipelines/gpu_memory.hpp"
#include "pipelines/pipeline.hpp"
#include "pipelines/step_graph.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"

#include <ATen/Context.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

bool has_gpu() {
  try {
    resolve_placement("cuda", "auto");
    return true;
  } catch (const Error &) {
    std::puts("skipped: no CUDA GPU");  // ctest looks for this line
    return false;
  }
}

std::unique_ptr<Pipeline> load(const std::filesystem::path &model, const std::string &device,
                               const std::string &dtype) {
  LoadOptions options;
  options.device = device;
  options.dtype = dtype;
  return load_pipeline(model, options);
}

std::unique_ptr<Pipeline> on_gpu(const std::filesystem::path &model, const std::string &dtype) {
  return load(model, "cuda", dtype);
}

std::vector<ModelCase> all_cases() {
  std::vector<ModelCase> cases = text_to_image_cases();
  for (const ModelCase &other : image_cases()) cases.push_back(other);
  for (const auto &[model, name] :
       {std::pair{tiny_sd3(), "default_flow"}, std::pair{tiny_flux_dev(), "default_dev"},
        std::pair{tiny_flux_dev(), "true_cfg"},
        std::pair{tiny_flux_schnell(), "default_schnell"}}) {
    cases.push_back({model, model / "reference" / name, model.filename().string() + "/" + name});
  }
  return cases;
}

TextToImageRequest small_request(size_t count) {
  TextToImageRequest request;
  request.num_inference_steps = 3;
  request.scheduler.name = "euler_a";  // draws noise at each step
  request.width = request.height = 64;
  for (size_t i = 0; i < count; ++i) request.samples.push_back({"a red fox", "", 11 + i});
  return request;
}

const at::Device kGpu{at::kCUDA, 0};

at::Tensor random_on_gpu(at::IntArrayRef sizes, at::ScalarType dtype) {
  return at::randn(sizes).to(kGpu, dtype);
}

// Sums in another order may round to the next value, and what follows with them.
void check_same_rounding(const at::Tensor &result, const at::Tensor &expected) {
  REQUIRE(result.sizes() == expected.sizes());
  const double step = result.scalar_type() == at::kHalf ? 1e-3 : 8e-3;
  CHECK(at::allclose(result, expected, 2 * step, 2 * step));
  CHECK((result == expected).to(at::kFloat).mean().item<float>() > 0.9);
}

// Holds all of the GPU's memory but about `left` bytes.
std::vector<at::Tensor> fill_gpu(int64_t left) {
  const auto bytes = at::TensorOptions{}.device(at::kCUDA).dtype(at::kByte);
  const at::Tensor kept_free = at::empty({left}, bytes);
  std::vector<at::Tensor> filler;
  for (int64_t size = int64_t{1} << 32; size >= int64_t{1} << 24;) {
    try {
      filler.push_back(at::empty({size}, bytes));
    } catch (const c10::Error &) {
      size /= 4;
    }
  }
  return filler;
}

}  // namespace

TEST_CASE("a GPU draws in float32 the pictures that diffusers draws on a CPU") {
  if (!has_gpu()) return;
  // Convolutions round to 10 bits otherwise, as diffusers' do.
  at::globalContext().setAllowTF32CuDNN(false);
  const ModelCase model_case = GENERATE(from_range(all_cases()));
  DYNAMIC_SECTION(model_case.name) {
    const ReferenceCase reference{model_case.stem};
    const at::Tensor image =
        on_gpu(model_case.model, "float32")->generate(request_of(reference)).images;
    const at::Tensor expected = reference.tensor("image");
    REQUIRE(image.sizes() == expected.sizes());
    const double share = share_beyond_one(image, expected);
    std::printf("float32  %-45s values beyond 1/255 %.4f%%\n", model_case.name.c_str(),
                100 * share);
    CHECK(share <= kPictureTolerance);
  }
  at::globalContext().setAllowTF32CuDNN(true);
}

// The noise is drawn in the dtype, as diffusers draws it, so that pictures in float32 are others.
TEST_CASE("a GPU draws in bfloat16 what a CPU draws in bfloat16") {
  if (!has_gpu()) return;
  const ModelCase model_case = GENERATE(from_range(all_cases()));
  DYNAMIC_SECTION(model_case.name) {
    const TextToImageRequest request = request_of(ReferenceCase{model_case.stem});
    const at::Tensor on_cpu = load(model_case.model, "cpu", "bfloat16")->generate(request).images;
    const at::Tensor image = load(model_case.model, "cuda", "bfloat16")->generate(request).images;
    const double near = psnr(image, on_cpu);
    std::printf("bfloat16 %-45s PSNR %.1f dB\n", model_case.name.c_str(), near);
    CHECK(near > 20);
  }
}

TEST_CASE("on a GPU, too, a sample's picture does not depend on the batch") {
  if (!has_gpu()) return;
  const auto pipeline = on_gpu(tiny_sd15(), "float32");
  const TextToImageRequest request = small_request(3);
  TextToImageRequest last = request;
  last.samples.erase(last.samples.begin(), last.samples.begin() + 2);
  const at::Tensor all = pipeline->generate(request).images;
  CHECK(share_beyond_one(all.slice(0, 2), pipeline->generate(last).images) <= 0.02);
}

TEST_CASE("a GPU that is not there is refused, naming those that are") {
  if (!has_gpu()) return;
  CHECK_THROWS_WITH(resolve_placement("cuda:99", "auto"), ContainsSubstring("GPUs 0 to"));
  CHECK(resolve_placement("auto", "auto").device.is_cuda());
  CHECK(resolve_placement("auto", "auto").dtype == at::kHalf);
}

TEST_CASE("replicas take one GPU each, and no more than there are") {
  if (!has_gpu()) return;
  CHECK(replica_devices("cuda", 1) == std::vector<std::string>{"cuda:0"});
  try {
    replica_devices("cuda", 4096);
    FAIL("4096 GPUs");
  } catch (const Error &error) {
    CHECK(error.parameter() == "replicas");
  }
}

TEST_CASE("two models draw on one GPU at a time") {
  if (!has_gpu()) return;
  const auto one = on_gpu(tiny_sd15(), "float16"), other = on_gpu(tiny_sdxl(), "float16");
  TextToImageRequest request = small_request(2);
  request.num_inference_steps = 12;  // enough that each captures its steps beside the other
  const at::Tensor one_alone = one->generate(request).images;
  const at::Tensor other_alone = other->generate(request).images;
  at::Tensor one_beside, other_beside;
  std::thread beside{[&] { other_beside = other->generate(request).images; }};
  one_beside = one->generate(request).images;
  beside.join();
  CHECK(share_beyond_one(one_beside, one_alone) <= 0.02);
  CHECK(share_beyond_one(other_beside, other_alone) <= 0.02);
}

TEST_CASE("the steps of a drawing are launched as one, and come to the same") {
  if (!has_gpu()) return;
  const at::Tensor matrix = at::randn({64, 64}).to(kGpu);
  size_t computed = 0;
  StepGraph graph{[&](const std::vector<at::Tensor> &inputs) {
                    ++computed;
                    return at::matmul(inputs[0], matrix).relu() + inputs[1];
                  },
                  kGpu, 8};
  for (int64_t call = 0; call < 8; ++call) {
    const at::Tensor x = at::randn({4, 64}).to(kGpu), shift = at::full({1}, call, x.options());
    const at::Tensor expected = at::matmul(x, matrix).relu() + shift;
    CHECK(at::allclose(graph({x, shift}), expected, 1e-5, 1e-5));
  }
  if (PICTOR_CUDA_HEADERS) {
    CHECK(graph.is_recorded());
    CHECK(computed == 2);
  }
}

TEST_CASE("the kernel for queries and keys computes what libtorch's do") {
  if (!has_gpu()) return;
  constexpr int64_t kHeads = 3, kWidth = 128, kTokens = 37, kBatch = 2;
  Weights weights{tiny_flux_dev() / "transformer", "diffusion_pytorch_model", {}};
  RMSNorm norm{WeightScope{weights} / "single_transformer_blocks" / 0 / "attn" / "norm_q", 16,
               1e-6};
  const RotaryEmbedding positions{at::randint(0, 64, {kTokens, 3}), {16, 56, 56}, kGpu};
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16}) {
    norm.weight = random_on_gpu({kWidth}, dtype);
    const at::Tensor qkv = random_on_gpu({kBatch, kTokens, 3 * kHeads * kWidth}, dtype);
    for (const at::Tensor &x : qkv.chunk(3, -1)) {
      const at::Tensor normed = norm(x.unflatten(2, {kHeads, kWidth})).flatten(2);
      check_same_rounding(normalize_and_rotate(x, kHeads, &norm, &positions),
                          positions.rotate(normed, kHeads));
    }
  }
}

// libtorch's own rounds the moments of a group to 16 bits, and the kernel does not.
TEST_CASE("the kernel for group norms computes what libtorch's do in float32") {
  if (!has_gpu()) return;
  Weights weights{tiny_sd15() / "unet", "diffusion_pytorch_model", {}};
  GroupNorm norm{WeightScope{weights} / "conv_norm_out", 8, 16, 1e-5};
  norm.groups = 32;
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16}) {
    for (const auto &[channels, side] : {std::pair{320, 64}, {960, 17}, {2560, 8}, {128, 301}}) {
      INFO(channels << " channels");
      norm.weight = random_on_gpu({channels}, dtype);
      norm.bias = random_on_gpu({channels}, dtype);
      const auto normed = [&](const at::Tensor &x) {
        return at::group_norm(x.to(at::kFloat), norm.groups, norm.weight.to(at::kFloat),
                              norm.bias.to(at::kFloat), norm.eps)
            .to(dtype);
      };
      const at::Tensor x = (1 + random_on_gpu({2, channels, side, side + 3}, dtype))
                               .contiguous(at::MemoryFormat::ChannelsLast);
      CHECK(is_for_group_norm_kernel(norm, x) == bool{PICTOR_CUDA_HEADERS});
      check_same_rounding(norm(x), normed(x));
      check_same_rounding(norm.activated(x), at::silu(normed(x)));
      for (const int64_t rows : {1, 2}) {
        const at::Tensor shift = random_on_gpu({rows, channels}, dtype);
        check_same_rounding(norm.activated(x.clone(), shift),
                            at::silu(normed(x + shift.unsqueeze(-1).unsqueeze(-1))));
      }
    }
  }
}

TEST_CASE("the kernel for modulated norms computes what libtorch's do") {
  if (!has_gpu()) return;
  constexpr int64_t kTokens = 19;
  for (const at::ScalarType dtype : {at::kHalf, at::kBFloat16}) {
    for (const int64_t width : {1536, 3072, 8}) {
      const at::Tensor x = 1 + random_on_gpu({2, kTokens, width}, dtype);
      const std::vector<at::Tensor> parts = random_on_gpu({2, 1, 3 * width}, dtype).chunk(3, -1);
      const at::Tensor normed = at::layer_norm(x, {width}, {}, {}, 1e-6);
      check_same_rounding(Modulation{parts[0], parts[1], parts[2]}.apply(x),
                          at::addcmul(parts[0], normed, 1 + parts[1]));
    }
  }
}

TEST_CASE("a step that waits for the GPU is computed as it is") {
  if (!has_gpu()) return;
  StepGraph graph{[&](const std::vector<at::Tensor> &inputs) {
                    return inputs[0] * inputs[0].sum().item<float>();
                  },
                  kGpu, 8};
  for (int64_t call = 1; call <= 8; ++call) {
    const at::Tensor x = at::full({2}, call, at::TensorOptions{kGpu}.dtype(at::kFloat));
    CHECK(at::equal(graph({x}), x * (2 * call)));
  }
  CHECK_FALSE(graph.is_recorded());
}

TEST_CASE("a batch that the GPU has no memory for is drawn in parts") {
  if (!has_gpu()) return;
  const auto pipeline = on_gpu(tiny_sd15(), "float32");
  TextToImageRequest request = small_request(64);
  request.num_inference_steps = 1;
  request.width = request.height = 512;
  const at::Tensor expected = pipeline->generate(request).images;
  release_gpu_cache(pipeline->placement().device);

  std::vector<std::string> told;
  RunCallbacks callbacks;
  callbacks.on_memory_fallback = [&](const std::string &what) { told.push_back(what); };
  at::Tensor drawn;
  {
    const std::vector<at::Tensor> filler = fill_gpu(int64_t{200} << 20);
    drawn = pipeline->generate(request, callbacks).images;
  }
  release_gpu_cache(pipeline->placement().device);
  for (const std::string &what : told) std::printf("with 200 MB left: %s\n", what.c_str());
  CHECK_FALSE(told.empty());
  CHECK(drawn.sizes() == expected.sizes());
}

TEST_CASE("text encoders on the CPU draw what those on the GPU draw") {
  if (!has_gpu()) return;
  for (const auto &model : {tiny_sd15(), tiny_sdxl(), tiny_sd3(), tiny_flux_dev()}) {
    INFO(model.filename().string());
    LoadOptions options;
    options.device = "cuda";
    options.dtype = "float32";
    const auto beside = load_pipeline(model, options);
    options.text_encoder_device = "cpu";
    const auto elsewhere = load_pipeline(model, options);
    TextToImageRequest request = small_request(2);
    request.scheduler.name.clear();
    const at::Tensor expected = beside->generate(request).images;
    CHECK(share_beyond_one(elsewhere->generate(request).images, expected) <= 0.02);
    beside->free_text_encoders();
    CHECK(share_beyond_one(beside->generate(request).images, expected) <= 0.02);
  }
}

TEST_CASE("text encoders of float16 are float32 on the CPU") {
  if (!has_gpu()) return;
  const auto pipeline = on_gpu(tiny_sd3(), "float16");
  TextToImageRequest request = small_request(1);
  request.scheduler.name.clear();
  const at::Tensor expected = pipeline->generate(request).images;
  pipeline->free_text_encoders();
  CHECK(psnr(pipeline->generate(request).images, expected) > 20);
}

TEST_CASE("the memory of a model that is gone is given back") {
  if (!has_gpu()) return;
  const at::Device device = on_gpu(tiny_sd15(), "float16")->placement().device;
  const std::optional<uint64_t> peak = peak_gpu_bytes(device);
  if (!peak) return;
  CHECK(*peak > 0);
  CHECK_NOTHROW(release_gpu_cache(device));
}
