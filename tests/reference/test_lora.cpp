#include "error.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_case.hpp"
#include "reference_request.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "tensor_file.hpp"
#include "weights/json_file.hpp"
#include "weights/lora.hpp"
#include "weights/lora_names.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

std::filesystem::path lora_folder() {
  return tiny_sd15().parent_path() / "tiny-sd15-lora";
}

at::Tensor draw(const std::vector<LoraSource> &loras) {
  LoadOptions options;
  options.loras = loras;
  TextToImageRequest request;
  request.samples = {{"a red fox face, glossy", "", 33}};
  request.width = request.height = 128;
  request.num_inference_steps = 5;
  request.guidance_scale = 5;
  request.scheduler.name = "euler";
  request.scheduler.overrides["timestep_spacing"] = "leading";
  return load_pipeline(tiny_sd15(), options)->generate(request).images;
}

// The pictures that diffusers draws with the LoRAs of a case, which are given to `draw` as well.
void check_case(const std::string &name) {
  INFO(name);
  const ReferenceCase reference{lora_folder() / "reference" / name};
  std::vector<LoraSource> loras;
  for (const auto &lora : reference.json().value("loras", nlohmann::json::array())) {
    const std::string file = lora.at("file");
    loras.push_back({file, lora_folder() / file, lora.at("weight").get<double>()});
  }
  CHECK(share_beyond_one(draw(loras), reference.tensor("image")) <= 0.001);
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  const size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string with_underscores(std::string text) {
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

// A table of one component with one weight.
WeightTable table_with(const TempDir &folder, const std::string &key, at::IntArrayRef shape) {
  folder.write("component/model.safetensors", safetensors_of({{key, at::zeros(shape)}}));
  return open_component(folder / "component", "model", "");
}

// What a LoRA file with these tensors adds to the unet's weight `key`.
at::Tensor addition(const NamedTensors &tensors, const std::string &key, at::IntArrayRef shape,
                    double weight = 1, const std::map<std::string, std::string> &metadata = {}) {
  const TempDir folder;
  LoraSet loras{
      {{"x", folder.write("lora.safetensors", safetensors_of(tensors, metadata)), weight}}};
  loras.attach("unet", table_with(folder, key, shape));
  loras.finish();
  return loras.addition("unet", key);
}

std::string refusal(const NamedTensors &tensors,
                    const std::map<std::string, std::string> &metadata = {}) {
  try {
    addition(tensors, "conv_in.weight", {3, 2}, 1, metadata);
    return "accepted";
  } catch (const Error &error) {
    CHECK(error.parameter() == "loras");
    CHECK_THAT(error.what(), ContainsSubstring("lora.safetensors"));
    return error.what();
  }
}

const at::Tensor kDown = at::tensor({1.F, 2.F, 3.F, 4.F}).view({2, 2});
const at::Tensor kUp = at::tensor({1.F, 0.F, 0.F, 1.F, 1.F, 1.F}).view({3, 2});

}  // namespace

TEST_CASE("pictures with LoRAs are those of diffusers") {
  for (const char *name : {"none", "kohya", "peft", "both"}) check_case(name);
}

TEST_CASE("a LoRA of weight 0 leaves the model as it is") {
  CHECK(draw({{"x", lora_folder() / "kohya_style.safetensors", 0}}).equal(draw({})));
}

TEST_CASE("one LoRA under every spelling of its names changes the model alike") {
  const TempDir folder;
  const std::filesystem::path original = lora_folder() / "peft_style.safetensors";
  const at::Tensor expected = draw({{"x", original, 1}});
  const auto drawn = [&](const std::function<std::string(const std::string &)> &rename) {
    NamedTensors renamed;
    for (const auto &[name, tensor] : tensors_of(original)) renamed[rename(name)] = tensor;
    return draw({{"x", folder.write("renamed.safetensors", safetensors_of(renamed)), 1}});
  };
  const auto down_up = [](const std::string &name, const std::string &separator) {
    return replaced(replaced(name, ".lora_A.", separator + "down."), ".lora_B.", separator + "up.");
  };
  CHECK(drawn([&](const std::string &name) { return down_up(name, ".lora."); }).equal(expected));
  CHECK(drawn([&](const std::string &name) {
          return replaced(name, "unet.", "base_model.model.");
        }).equal(expected));
  CHECK(
      drawn([&](const std::string &name) { return replaced(name, "unet.", ""); }).equal(expected));
  CHECK(drawn([&](const std::string &name) {
          return replaced(replaced(name, ".lora_A.", ".lora_A.default."), ".lora_B.",
                          ".lora_B.default.");
        }).equal(expected));

  // kohya's names of a UNet in ldm's layout
  std::map<std::string, std::string> ldm_layers;
  const JsonFile names{tiny_sd15().parent_path() / "tiny-sd15-single-file/names.json"};
  for (const auto &[ldm, key] : names.root().items()) {
    const std::string prefix = "model.diffusion_model.", weight = ".weight";
    if (ldm.rfind(prefix, 0) != 0 || ldm.size() < weight.size()) continue;
    ldm_layers[replaced(replaced(key.get<std::string>(), "unet/", "unet."), weight, "")] =
        replaced(ldm.substr(prefix.size()), weight, "");
  }
  const auto to_kohya = [&](const std::string &name) {
    const size_t end = name.find(".lora_");
    const std::string layer = ldm_layers.at(name.substr(0, end));
    return "lora_unet_" + with_underscores(layer) + down_up(name.substr(end), ".lora_");
  };
  CHECK(drawn(to_kohya).equal(expected));
}

TEST_CASE("every style's names are read") {
  const auto read = [](const std::string &name) {
    const auto lora = read_lora_name(name);
    if (!lora) return std::string{"unknown"};
    const char *roles[] = {"down", "up", "alpha"};
    return lora->component + " " + lora->layer + " " + roles[static_cast<int>(lora->role)];
  };
  const std::string layer = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.";
  CHECK(read("unet." + layer + "processor.to_out_lora.up.weight") ==
        "unet " + with_underscores(layer) + "to_out_0 up");
  CHECK(read(layer + "processor.to_q_lora.down.weight") ==
        "unet " + with_underscores(layer) + "to_q down");
  CHECK(read("text_encoder.text_model.encoder.layers.0.self_attn.to_out_lora.down.weight") ==
        "text_encoder encoder_layers_0_self_attn_out_proj down");
  CHECK(read("text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.up."
             "weight") == "text_encoder_2 encoder_layers_0_self_attn_q_proj up");
  CHECK(read("base_model.model.text_model.encoder.layers.0.mlp.fc1.lora_A.weight") ==
        "text_encoder encoder_layers_0_mlp_fc1 down");
  CHECK(read("lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha") ==
        "text_encoder encoder_layers_0_mlp_fc1 alpha");
  CHECK(read("lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_up.weight") ==
        "text_encoder_2 encoder_layers_0_mlp_fc1 up");
  CHECK(read("transformer.transformer_blocks.0.attn.to_q.lora_A.weight") ==
        "unet transformer_blocks_0_attn_to_q down");
  CHECK(read("lora_unet_conv_in.hada_w1_a") == "unknown");
  CHECK(read("unet.conv_in.lora_magnitude_vector") == "unknown");
}

TEST_CASE("the product is scaled by weight, alpha and rank") {
  const at::Tensor product = at::mm(kUp, kDown);
  NamedTensors tensors{{"lora_unet_conv_in.lora_down.weight", kDown},
                       {"lora_unet_conv_in.lora_up.weight", kUp}};
  CHECK(addition(tensors, "conv_in.weight", {3, 2}).equal(product));
  CHECK(addition(tensors, "conv_in.weight", {3, 2}, -0.5).equal(product * -0.5));
  CHECK(addition(tensors, "conv_in.weight", {3, 2, 1, 1}).equal(product.view({3, 2, 1, 1})));
  tensors["lora_unet_conv_in.alpha"] = at::tensor(3.F);
  CHECK(addition(tensors, "conv_in.weight", {3, 2}).equal(product * 1.5));
}

TEST_CASE("a convolution's LoRA keeps the kernel in its first matrix") {
  const at::Tensor down = at::randn({2, 5, 3, 3}), up = at::randn({4, 2, 1, 1});
  const at::Tensor added = addition({{"unet.down_blocks.0.resnets.0.conv1.lora.down.weight", down},
                                     {"unet.down_blocks.0.resnets.0.conv1.lora.up.weight", up}},
                                    "down_blocks.0.resnets.0.conv1.weight", {4, 5, 3, 3});
  const at::Tensor x = at::randn({1, 5, 6, 6});
  const at::Tensor two_steps = at::conv2d(at::conv2d(x, down, {}, 1, 1), up);
  CHECK(relative_error(at::conv2d(x, added, {}, 1, 1), two_steps) < kComponentTolerance);
}

TEST_CASE("PEFT's alpha comes from the metadata, or from adapter_config.json") {
  const NamedTensors tensors{{"unet.conv_in.lora_A.weight", kDown},
                             {"unet.conv_in.lora_B.weight", kUp}};
  const at::Tensor product = at::mm(kUp, kDown);
  const auto with = [&](const std::string &json) {
    return addition(tensors, "conv_in.weight", {3, 2}, 1, {{"lora_adapter_metadata", json}});
  };
  CHECK(with(R"({"unet.lora_alpha": 6, "unet.r": 2})").equal(product * 3));
  CHECK(with(R"({"text_encoder.lora_alpha": 6})").equal(product));
  CHECK(
      with(R"({"unet.lora_alpha": 6, "unet.alpha_pattern": {"conv_in": 1}})").equal(product * 0.5));
  CHECK(with(R"({"unet.lora_alpha": 6, "unet.alpha_pattern": {"v_in": 1}})").equal(product * 3));
  const TempDir folder;
  folder.write("adapter_model.safetensors", safetensors_of(tensors));
  folder.write("adapter_config.json", R"({"lora_alpha": 4, "r": 2, "use_dora": false})");
  LoraSet loras{{{"x", folder.path(), 1}}};
  loras.attach("unet", table_with(folder, "conv_in.weight", {3, 2}));
  CHECK(loras.addition("unet", "conv_in.weight").equal(product * 2));
}

TEST_CASE("a LoRA that is not what it must be is refused with its file and layer") {
  const std::string name = "lora_unet_conv_in";
  const std::string down = name + ".lora_down.weight", up = name + ".lora_up.weight";
  CHECK(refusal({{down, kDown}, {up, kUp}}) == "accepted");
  CHECK_THAT(refusal({{"__metadata__x", kDown}}), ContainsSubstring("1 of its 1 tensors"));
  CHECK_THAT(refusal({}), ContainsSubstring("not one pair"));
  CHECK_THAT(refusal({{down, kDown}}), ContainsSubstring("down matrix but no up"));
  CHECK_THAT(refusal({{up, kUp}}), ContainsSubstring("up matrix but no down"));
  CHECK_THAT(refusal({{down, kDown}, {up, kUp}, {"lora_unet_x.alpha", at::tensor(1.F)}}),
             ContainsSubstring("alpha but no matrices"));
  CHECK_THAT(refusal({{down, kDown}, {up, kUp}, {name + ".alpha", at::ones({2})}}),
             ContainsSubstring("is no number"));
  CHECK_THAT(refusal({{down, kDown}, {up, at::ones({3, 5})}}), ContainsSubstring("are no pair"));
  CHECK_THAT(refusal({{down, at::ones({2})}, {up, kUp}}), ContainsSubstring("are no pair"));
  CHECK_THAT(refusal({{down, at::ones({0, 2})}, {up, at::ones({3, 0})}}),
             ContainsSubstring("are no pair"));
  CHECK_THAT(refusal({{down, kDown.to(at::kLong)}, {up, kUp}}), ContainsSubstring("are no pair"));
  CHECK_THAT(refusal({{down, at::ones({2, 7})}, {up, kUp}}),
             ContainsSubstring("the weight is [3, 2]") && ContainsSubstring("another family"));
  CHECK_THAT(refusal({{down, kDown}, {up, kUp}, {"unet.conv_in.lora_A.weight", kDown}}),
             ContainsSubstring("twice"));
  CHECK_THAT(refusal({{down, kDown}, {up, kUp}, {name + ".hada_w1_a", kDown}}),
             ContainsSubstring("hada_w1_a") && ContainsSubstring("LoHa"));
  CHECK_THAT(refusal({{"lora_te_x.lora_down.weight", kDown},
                      {"lora_te_x.lora_up.weight", kUp},
                      {down, kDown},
                      {up, kUp}}),
             ContainsSubstring("1 of its 2 layers are not in the model: 'x' of text_encoder"));
  CHECK_THAT(refusal({{down, kDown}, {up, kUp}}, {{"lora_adapter_metadata", "[1"}}),
             ContainsSubstring("not valid JSON"));
  CHECK_THAT(refusal({{down, kDown}, {up, kUp}}, {{"lora_adapter_metadata", "[1]"}}),
             ContainsSubstring("not a map"));
  CHECK_THAT(
      refusal({{down, kDown}, {up, kUp}}, {{"lora_adapter_metadata", R"({"lora_alpha": "x"})"}}),
      ContainsSubstring("lora_alpha"));
  CHECK_THAT(refusal({{down, kDown}, {up, kUp}},
                     {{"lora_adapter_metadata", R"({"unet.use_dora": true})"}}),
             ContainsSubstring("DoRA"));
}

TEST_CASE("what is no safetensors file is refused as a LoRA") {
  const TempDir folder;
  const auto open = [](const std::filesystem::path &path) { LoraSet{{{"x", path, 1}}}; };
  CHECK_THROWS_WITH(open(folder / "absent.safetensors"), ContainsSubstring("no such file"));
  CHECK_THROWS_WITH(open(folder.write("x.safetensors", "abc")), ContainsSubstring("8 bytes"));
  CHECK_THROWS_WITH(open(folder.write("x.pt", "")),
                    ContainsSubstring("pickle") && ContainsSubstring("save_file"));
  CHECK_THROWS_WITH(open(folder.write("empty/readme", "").parent_path()),
                    ContainsSubstring("0 safetensors files"));
}
