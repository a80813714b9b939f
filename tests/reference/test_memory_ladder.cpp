#include "autoencoders/autoencoder_kl.hpp"
#include "error.hpp"
#include "pipelines/memory_ladder.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"

#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

using Sample = TextToImageRequest::Sample;

// Draws pictures of one pixel, the seed, and has memory for so many samples at once.
struct FakePipeline {
  size_t capacity;
  std::vector<size_t> calls = {};

  TextToImageResult draw(const TextToImageRequest &request, const RunCallbacks &callbacks) {
    calls.push_back(request.samples.size());
    if (request.samples.size() > capacity) throw std::bad_alloc{};
    if (callbacks.on_step) callbacks.on_step(1, 2), callbacks.on_step(2, 2);
    TextToImageResult result;
    result.images = at::empty({static_cast<int64_t>(request.samples.size()), 1, 1, 3}, at::kByte);
    for (size_t i = 0; i < request.samples.size(); ++i) {
      result.images[static_cast<int64_t>(i)].fill_(static_cast<int64_t>(request.samples[i].seed));
      if (request.samples[i].seed == 13) result.cut_prompts.push_back({i, "prompt", "the end"});
    }
    result.scheduler = "DDIMScheduler";
    return result;
  }
};

TextToImageRequest request_of_seeds(uint64_t first, size_t count) {
  TextToImageRequest request;
  for (size_t i = 0; i < count; ++i) {
    Sample sample;
    sample.seed = first + i;
    request.samples.push_back(sample);
  }
  return request;
}

TextToImageResult draw_within(FakePipeline &fake, const TextToImageRequest &request,
                              const RunCallbacks &callbacks,
                              const std::function<void()> &make_room = {}) {
  return draw_within_memory(
      request, callbacks,
      [&](const TextToImageRequest &part, const RunCallbacks &of_part) {
        TextToImageResult result;
        translating_errors(at::kCPU, "drawing", [&] { result = fake.draw(part, of_part); });
        return result;
      },
      make_room);
}

// RunCallbacks that append to `told`.
RunCallbacks telling(std::vector<std::string> &told) {
  RunCallbacks callbacks;
  callbacks.on_memory_fallback = [&](const std::string &what) { told.push_back(what); };
  return callbacks;
}

}  // namespace

TEST_CASE("a batch that memory is too small for is halved until it fits") {
  FakePipeline fake{2};
  std::vector<std::string> told;
  std::vector<int64_t> steps;
  RunCallbacks callbacks = telling(told);
  callbacks.on_step = [&](int64_t step, int64_t count) {
    CHECK(count == 6);
    steps.push_back(step);
  };
  const TextToImageResult result = draw_within(fake, request_of_seeds(10, 6), callbacks);
  CHECK(fake.calls == std::vector<size_t>{6, 3, 2, 2, 2});
  CHECK(result.images.select(3, 0).flatten().equal(at::arange(10, 16).to(at::kByte)));
  REQUIRE(result.cut_prompts.size() == 1);
  CHECK(result.cut_prompts[0].sample == 3);
  CHECK(result.scheduler == "DDIMScheduler");
  CHECK(told == std::vector<std::string>{"drawn 2 at once"});
  CHECK(steps == std::vector<int64_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a batch that fits is drawn as it is, and nothing is told") {
  FakePipeline fake{4};
  std::vector<std::string> told;
  draw_within(fake, request_of_seeds(10, 4), telling(told));
  CHECK(fake.calls == std::vector<size_t>{4});
  CHECK(told.empty());
}

TEST_CASE("a sample that does not fit alone ends the drawing") {
  FakePipeline fake{0};
  std::vector<std::string> told;
  CHECK_THROWS_WITH(draw_within(fake, request_of_seeds(10, 4), telling(told)),
                    ContainsSubstring("out of memory while drawing"));
  CHECK(fake.calls == std::vector<size_t>{4, 2, 1});
}

TEST_CASE("where a sample does not fit alone, room is made for it once") {
  FakePipeline fake{0};
  std::vector<std::string> told;
  int made = 0;
  const auto make_room = [&] {
    ++made;
    fake.capacity = 1;
  };
  const TextToImageResult result =
      draw_within(fake, request_of_seeds(10, 3), telling(told), make_room);
  CHECK(fake.calls == std::vector<size_t>{3, 2, 1, 1, 1, 1});
  CHECK(result.images.select(3, 0).flatten().equal(at::arange(10, 13).to(at::kByte)));
  CHECK(made == 1);

  fake = {0};
  CHECK_THROWS_WITH(draw_within(fake, request_of_seeds(10, 1), {}, [&] { ++made; }),
                    ContainsSubstring("out of memory while drawing"));
  CHECK(fake.calls == std::vector<size_t>{1, 1});
  CHECK(made == 2);
}

TEST_CASE("a model that does not fit is loaded with its text encoders on the CPU") {
  std::vector<bool> attempts;
  const auto load = [&](bool text_encoders_on_cpu) {
    attempts.push_back(text_encoders_on_cpu);
    if (!text_encoders_on_cpu) throw Error{ErrorKind::resource_exhausted, "no memory"};
  };
  load_within_memory(/*movable=*/true, load);
  CHECK(attempts == std::vector<bool>{false, true});
  CHECK_THROWS_WITH(load_within_memory(/*movable=*/false, load), "no memory");
  CHECK(attempts.size() == 3);
  const auto broken = [](bool) { throw Error{ErrorKind::invalid_argument, "model"}; };
  CHECK_THROWS_WITH(load_within_memory(/*movable=*/true, broken), "model");
}

TEST_CASE("text encoders that are moved aside go on as before, and every drawing tells") {
  for (const auto &model : {tiny_sd15(), tiny_sdxl(), tiny_sd3(), tiny_flux_dev()}) {
    INFO(model.filename().string());
    const auto pipeline = load_pipeline(model, {});
    TextToImageRequest request = request_of_seeds(10, 1);
    request.samples[0].prompt = "a red fox";
    request.num_inference_steps = 1;
    request.width = request.height = 64;
    std::vector<std::string> told;
    const at::Tensor before = pipeline->generate(request, telling(told)).images;
    CHECK(told.empty());
    pipeline->free_text_encoders();
    CHECK(pipeline->generate(request, telling(told)).images.equal(before));
    CHECK(told == std::vector<std::string>{"drawn with the text encoders on the CPU"});
  }
}

TEST_CASE("only a lack of memory is tried again") {
  int calls = 0;
  const auto draw = [&](const TextToImageRequest &, const RunCallbacks &) -> TextToImageResult {
    ++calls;
    throw Error{ErrorKind::invalid_argument, "width", "width"};
  };
  CHECK_THROWS_AS(draw_within_memory(request_of_seeds(1, 4), {}, draw), Error);
  CHECK(calls == 1);
}

TEST_CASE("libtorch's errors are told apart") {
  const auto kind_of = [](const std::string &message, at::Device device = at::kCPU) {
    try {
      translating_errors(device, "drawing", [&] { C10_THROW_ERROR(Error, message); });
    } catch (const Error &error) {
      return error.kind();
    }
    return ErrorKind::not_found;
  };
  CHECK(kind_of("CUDA out of memory. Tried to allocate 2 GiB") == ErrorKind::resource_exhausted);
  CHECK(kind_of("DefaultCPUAllocator: can't allocate memory") == ErrorKind::resource_exhausted);
  CHECK(kind_of("the sizes do not match") == ErrorKind::internal);
  // No machine has as many GPUs: it answers as one that is lost.
  const at::Device lost{at::kCUDA, 63};
  CHECK(kind_of("CUDA error: device-side assert triggered", lost) == ErrorKind::device_lost);
  CHECK(kind_of("CUDA out of memory. Tried to allocate 2 GiB", lost) ==
        ErrorKind::resource_exhausted);
}

TEST_CASE("pictures drawn with less memory are those drawn at once") {
  const auto pipeline = load_pipeline(tiny_sd15(), {});
  TextToImageRequest request = request_of_seeds(10, 3);
  request.num_inference_steps = 3;
  request.guidance_scale = 4;
  request.scheduler.name = "euler_a";
  const at::Tensor plain = pipeline->generate(request).images;
  std::vector<size_t> calls;
  const auto draw = [&](const TextToImageRequest &part, const RunCallbacks &callbacks) {
    calls.push_back(part.samples.size());
    if (part.samples.size() > 1) throw Error{ErrorKind::resource_exhausted, "no memory"};
    return pipeline->generate(part, callbacks);
  };
  const at::Tensor images = draw_within_memory(request, {}, draw).images;
  CHECK(calls == std::vector<size_t>{3, 2, 1, 1, 1});
  CHECK(share_beyond_one(images, plain) <= kPictureTolerance);
}

TEST_CASE("the autoencoder takes pictures one by one, then in tiles") {
  std::vector<std::string> work, told;
  int64_t capacity = 2;
  const auto taking = [&](const std::string &name, int64_t cost) {
    return [&, name, cost](int64_t first, int64_t end) {
      work.push_back(name + std::to_string(first) + "-" + std::to_string(end));
      if ((end - first) * cost > capacity) throw Error{ErrorKind::resource_exhausted, "no memory"};
      return at::arange(first, end);
    };
  };
  const AutoencoderWork with_tiles{taking("whole ", 2), taking("tiles ", 1), "decoded in tiles"};
  CHECK(autoencode_within_memory(3, 2, with_tiles, telling(told)).equal(at::arange(3)));
  CHECK(work == std::vector<std::string>{"whole 0-2", "whole 0-1", "whole 1-2", "whole 2-3"});
  CHECK(told.empty());

  capacity = 1;
  work.clear();
  CHECK(autoencode_within_memory(2, 2, with_tiles, telling(told)).equal(at::arange(2)));
  CHECK(work == std::vector<std::string>{"whole 0-2", "whole 0-1", "tiles 0-1", "tiles 1-2"});
  CHECK(told == std::vector<std::string>{"decoded in tiles"});

  capacity = 0;
  CHECK_THROWS_AS(autoencode_within_memory(2, 2, with_tiles, telling(told)), Error);
  const AutoencoderWork without{taking("whole ", 2), {}, "decoded in tiles"};
  work.clear();
  CHECK_THROWS_AS(autoencode_within_memory(2, 2, without, {}), Error);
  CHECK(work == std::vector<std::string>{"whole 0-2", "whole 0-1"});
}
