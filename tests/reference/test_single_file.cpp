#include "error.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_case.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "tensor_file.hpp"
#include "weights/json_file.hpp"
#include "weights/ldm_names.hpp"
#include "weights/single_file.hpp"
#include "weights/weights.hpp"

#include <string>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

const std::vector<std::pair<std::string, std::string>> kComponentFiles{
    {"unet", "unet/diffusion_pytorch_model.safetensors"},
    {"vae", "vae/diffusion_pytorch_model.safetensors"},
    {"text_encoder", "text_encoder/model.safetensors"},
};

// What each tensor of tiny-sd15 is called in ldm's layout.
nlohmann::json ldm_names() {
  return JsonFile{tiny_sd15().parent_path() / "tiny-sd15-single-file/names.json"}.root();
}

// tiny-sd15 under ldm's names, with the attention of its VAE as convolutions.
NamedTensors ldm_tensors() {
  std::map<std::string, NamedTensors> components;
  for (const auto &[name, file] : kComponentFiles)
    components[name] = tensors_of(tiny_sd15() / file);
  NamedTensors tensors;
  const nlohmann::json names = ldm_names();
  for (const auto &[ldm, place] : names.items()) {
    const std::string text = place.get<std::string>();
    const size_t slash = text.find('/');
    at::Tensor tensor = components.at(text.substr(0, slash)).at(text.substr(slash + 1));
    const bool in_attention = ldm.find("first_stage_model") == 0 &&
                              ldm.find(".attn_1.") != std::string::npos && tensor.dim() == 2;
    tensors[ldm] = in_attention ? tensor.unsqueeze(-1).unsqueeze(-1) : tensor;
  }
  return tensors;
}

std::string refusal(const NamedTensors &tensors) {
  const TempDir folder;
  try {
    const SingleFile file{folder.write("model.safetensors", safetensors_of(tensors))};
    for (const auto &[name, path] : kComponentFiles) file.component(name);
    return "accepted";
  } catch (const Error &error) {
    CHECK_THAT(error.what(), ContainsSubstring("model.safetensors"));
    return error.what();
  }
}

TextToImageRequest small_request() {
  TextToImageRequest request;
  request.samples = {{"a red fox", "", 1}};
  request.num_inference_steps = 2;
  return request;
}

// A text tower in OpenCLIP's names, from one in those of transformers.
NamedTensors open_clip_tensors(const NamedTensors &clip, const std::string &prefix) {
  NamedTensors tensors;
  const auto weight = [&](const std::string &name) { return clip.at("text_model." + name); };
  tensors[prefix + "token_embedding.weight"] = weight("embeddings.token_embedding.weight");
  tensors[prefix + "positional_embedding"] = weight("embeddings.position_embedding.weight");
  for (const char *kind : {"weight", "bias"}) {
    tensors[prefix + "ln_final." + kind] = weight("final_layer_norm." + std::string{kind});
  }
  for (int i = 0; clip.count("text_model.encoder.layers." + std::to_string(i) + ".mlp.fc1.bias");
       ++i) {
    const std::string from = "encoder.layers." + std::to_string(i) + ".";
    const std::string to = prefix + "transformer.resblocks." + std::to_string(i) + ".";
    for (const std::string kind : {"weight", "bias"}) {
      tensors[to + "ln_1." + kind] = weight(from + "layer_norm1." + kind);
      tensors[to + "ln_2." + kind] = weight(from + "layer_norm2." + kind);
      tensors[to + "mlp.c_fc." + kind] = weight(from + "mlp.fc1." + kind);
      tensors[to + "mlp.c_proj." + kind] = weight(from + "mlp.fc2." + kind);
      tensors[to + "attn.out_proj." + kind] = weight(from + "self_attn.out_proj." + kind);
      tensors[to + "attn.in_proj_" + kind] = at::cat({weight(from + "self_attn.q_proj." + kind),
                                                      weight(from + "self_attn.k_proj." + kind),
                                                      weight(from + "self_attn.v_proj." + kind)});
    }
  }
  return tensors;
}

}  // namespace

TEST_CASE("a model in one file draws the pictures of its folder") {
  const TempDir folder;
  NamedTensors tensors = ldm_tensors();
  tensors["betas"] = at::ones({1000});
  tensors["model_ema.decay"] = at::ones({});
  tensors["model_ema.diffusion_modelinput_blocks00bias"] = at::ones({16});
  tensors["cond_stage_model.transformer.text_model.embeddings.position_ids"] =
      at::arange(77, at::kLong).unsqueeze(0);
  LoadOptions options;
  options.config = tiny_sd15().string();
  double last = 0;
  options.on_progress = [&](double fraction) { last = fraction; };
  const auto pipeline =
      load_pipeline(folder.write("model.safetensors", safetensors_of(tensors)), options);
  CHECK(last == 1);
  const auto expected = load_pipeline(tiny_sd15(), {});
  CHECK(
      pipeline->generate(small_request()).images.equal(expected->generate(small_request()).images));
}

TEST_CASE("each tensor of a single file has the key that diffusers gives it") {
  const NamedTensors tensors = ldm_tensors();
  const TempDir folder;
  const SingleFile file{folder.write("model.safetensors", safetensors_of(tensors))};
  CHECK(file.family() == "Stable Diffusion 1");
  CHECK(file.repository() == "stable-diffusion-v1-5/stable-diffusion-v1-5");
  size_t count = 0;
  for (const auto &[component, path] : kComponentFiles) {
    const WeightTable table = file.component(component);
    const NamedTensors expected = tensors_of(tiny_sd15() / path);
    count += table.tensors.size();
    for (const auto &[key, tensor] : table.tensors) {
      INFO(key);
      REQUIRE(expected.count(key) == 1);
      CHECK(tensor.read().equal(expected.at(key)));
    }
  }
  CHECK(count == ldm_names().size());
  CHECK_THROWS_WITH(file.component("text_encoder_2"),
                    ContainsSubstring("no text_encoder_2") && ContainsSubstring("'config'"));
}

TEST_CASE("names of SDXL's unet, of upsamplers beside and without attention") {
  CHECK(unet_key("label_emb.0.2.bias", 2) == "add_embedding.linear_2.bias");
  CHECK(unet_key("input_blocks.3.0.op.weight", 2) == "down_blocks.0.downsamplers.0.conv.weight");
  CHECK(unet_key("input_blocks.8.1.transformer_blocks.9.attn2.to_out.0.bias", 2) ==
        "down_blocks.2.attentions.1.transformer_blocks.9.attn2.to_out.0.bias");
  CHECK(unet_key("output_blocks.2.1.conv.bias", 2) == "up_blocks.0.upsamplers.0.conv.bias");
  CHECK(unet_key("output_blocks.2.2.conv.bias", 2) == "up_blocks.0.upsamplers.0.conv.bias");
  CHECK(unet_key("output_blocks.5.0.skip_connection.weight", 2) ==
        "up_blocks.1.resnets.2.conv_shortcut.weight");
  CHECK(unet_key("middle_block.2.emb_layers.1.weight", 2) ==
        "mid_block.resnets.1.time_emb_proj.weight");
  CHECK(unet_key("input_blocks_4_1_transformer_blocks_0_attn1_to_q", 2, '_') ==
        "down_blocks.1.attentions.0_transformer_blocks_0_attn1_to_q");
  CHECK(unet_key("joint_blocks.0.x", 2).empty());
  CHECK(unet_key("input_blocks.99999999999999999999.0.op.weight", 2).empty());
  CHECK(vae_key("decoder.up.3.block.0.nin_shortcut.weight", 4) ==
        "decoder.up_blocks.0.resnets.0.conv_shortcut.weight");
  CHECK(vae_key("encoder.down.0.downsample.conv.weight", 4) ==
        "encoder.down_blocks.0.downsamplers.0.conv.weight");
}

TEST_CASE("OpenCLIP's text tower is taken apart into transformers' layers") {
  const NamedTensors clip = tensors_of(tiny_sd21() / "text_encoder/model.safetensors");
  const std::string prefix = "cond_stage_model.model.";
  NamedTensors tensors = open_clip_tensors(clip, prefix);
  // What the original files hold beside it: a last layer and a projection that are not used.
  const NamedTensors longer = open_clip_tensors(clip, "");
  for (const auto &[name, tensor] : longer) {
    const std::string first = "transformer.resblocks.0.";
    if (name.rfind(first, 0) != 0) continue;
    tensors[prefix + "transformer.resblocks.23." + name.substr(first.size())] = tensor;
  }
  const at::Tensor projection = at::arange(6, at::kFloat).view({2, 3});
  tensors[prefix + "text_projection"] = projection;
  tensors[prefix + "logit_scale"] = at::ones({});
  tensors["model.diffusion_model.out.2.bias"] = at::ones({4});

  const TempDir folder;
  const SingleFile file{folder.write("model.safetensors", safetensors_of(tensors))};
  CHECK(file.family() == "Stable Diffusion 2");
  WeightTable table = file.component("text_encoder");
  CHECK(table.tensors.at("text_projection.weight").read().equal(projection.t()));
  CHECK(table.tensors.at("text_projection.weight").shape() == std::vector<int64_t>{3, 2});
  CHECK(table.tensors.size() == clip.size() + 16 + 1);
  Weights weights{std::move(table), {}};
  for (const auto &[key, tensor] : clip) {
    INFO(key);
    CHECK(weights.take({key}, tensor.sizes()).equal(tensor));
  }
  CHECK_NOTHROW(weights.finish());
}

TEST_CASE("the family of a single file is told by its text encoders") {
  const TempDir folder;
  const auto family = [&](const std::string &text_encoder) {
    const NamedTensors tensors{{"model.diffusion_model.out.2.bias", at::ones({4})},
                               {text_encoder + "ln_final.bias", at::ones({4})}};
    return SingleFile{folder.write("x.safetensors", safetensors_of(tensors))}.repository();
  };
  CHECK(family("cond_stage_model.model.") == "stabilityai/stable-diffusion-2-1");
  CHECK(family("conditioner.embedders.1.model.") == "stabilityai/stable-diffusion-xl-base-1.0");
  CHECK(family("conditioner.embedders.0.model.") == "stabilityai/stable-diffusion-xl-refiner-1.0");
}

TEST_CASE("a single file that is none of these models is refused by what it holds") {
  const NamedTensors unet{{"model.diffusion_model.out.2.bias", at::ones({4})}};
  NamedTensors tensors = unet;
  CHECK_THAT(refusal({{"double_blocks.0.x", at::ones({1})}}),
             ContainsSubstring("double_blocks.0.x") && ContainsSubstring("from_single_file"));
  CHECK_THAT(refusal(tensors), ContainsSubstring("no text encoder"));
  tensors["cond_stage_model.transformer.text_model.x"] = at::ones({1});
  CHECK_THAT(refusal(tensors), ContainsSubstring("no vae"));
  tensors["surprise"] = at::ones({1});
  CHECK_THAT(refusal(tensors), ContainsSubstring("1 tensors belong to no component") &&
                                   ContainsSubstring("surprise"));
  tensors.erase("surprise");
  tensors["first_stage_model.mystery.weight"] = at::ones({1});
  CHECK_THAT(refusal(tensors), ContainsSubstring("first_stage_model.mystery.weight"));
  tensors = unet;
  tensors["model.diffusion_model.joint_blocks.0.x"] = at::ones({1});
  tensors["cond_stage_model.transformer.text_model.x"] = at::ones({1});
  CHECK_THAT(refusal(tensors), ContainsSubstring("joint_blocks.0.x"));
}

TEST_CASE("a single file whose shapes lie is refused, not read past its tensors") {
  const auto text = [](const std::string &name, const at::Tensor &tensor) {
    const TempDir folder;
    const NamedTensors tensors{{"model.diffusion_model.out.2.bias", at::ones({4})},
                               {"cond_stage_model.model." + name, tensor}};
    const SingleFile file{folder.write("model.safetensors", safetensors_of(tensors))};
    file.component("text_encoder");
  };
  const std::string fused = "transformer.resblocks.0.attn.in_proj_weight";
  CHECK_NOTHROW(text(fused, at::ones({6, 2})));
  CHECK_THROWS_WITH(text(fused, at::ones({4, 2})), ContainsSubstring("in_proj_weight"));
  CHECK_THROWS_WITH(text(fused, at::ones({})), ContainsSubstring("in_proj_weight"));
  CHECK_NOTHROW(text(fused, at::ones({0, 2})));
  CHECK_NOTHROW(text("text_projection", at::ones({3})));
  CHECK_THROWS_WITH(text("transformer.resblocks.-1.ln_1.bias", at::ones({3})),
                    ContainsSubstring("resblocks.-1"));
}

TEST_CASE("two names for one tensor are refused") {
  const TempDir folder;
  const NamedTensors tensors{{"model.diffusion_model.output_blocks.2.1.conv.bias", at::ones({4})},
                             {"model.diffusion_model.output_blocks.2.2.conv.bias", at::ones({4})},
                             {"model.diffusion_model.input_blocks.3.0.op.bias", at::ones({4})},
                             {"cond_stage_model.transformer.text_model.x", at::ones({1})}};
  const SingleFile file{folder.write("model.safetensors", safetensors_of(tensors))};
  CHECK_THROWS_WITH(file.component("unet"), ContainsSubstring("output_blocks.2.2.conv.bias"));
}
