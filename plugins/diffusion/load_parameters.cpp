#include "parameters.hpp"

namespace pictor::diffusion {

namespace {

using P = RuntimeParameter;

}  // namespace

std::vector<RuntimeParameter> load_parameters() {
  return {
      P::string("model").load().path_or_name().required().doc(
          "A folder in the diffusers layout (model_index.json, safetensors), a safetensors file "
          "of a whole model, or a repository in the Hugging Face cache, owner/name."),
      P::string("refiner").load().path_or_name().default_value("").doc(
          "The folder of an XL refiner, to finish what the model has drawn until denoising_end, "
          "0.8 "
          "when not given."),
      P::string("config").load().path_or_name().advanced().default_value("").doc(
          "For a model in one file: a folder in the diffusers layout, or a repository in the "
          "cache, with its configurations and tokenizer."),
      P::string("revision")
          .load()
          .advanced()
          .default_value("")
          .doc("Branch, tag or commit of a repository in the cache; main when not given."),
      P::json("loras").load().path_or_name().doc(
          "LoRAs, fused into the weights: a list of paths or of {path, name, weight}."),
      P::choice("device")
          .load()
          .option("auto")
          .option("cpu")
          .option("cuda")
          .open()
          .default_value("auto")
          .doc("Where to draw: auto (the first GPU if there is one), cpu, cuda, cuda:N."),
      P::integer("replicas")
          .load()
          .same_pixels()
          .range(1, 64)
          .default_value(1)
          .doc("Copies of the model that draw at once, each on a GPU of its own, from 'device' on; "
               "rows "
               "go to the next that is free."),
      P::choice("text_encoder_device")
          .load()
          .advanced()
          .option("auto")
          .option("same")
          .option("cpu")
          .option("cuda")
          .open()
          .default_value("auto")
          .doc("Where the text encoders are: same (with the model), cpu, cuda, cuda:N; auto: with "
               "the model, and on the CPU where a GPU's memory runs out."),
      P::choice("dtype")
          .load()
          .option("auto")
          .option("float32")
          .option("bfloat16")
          .option("float16")
          .default_value("auto")
          .doc("Precision of weights and arithmetic. auto: float32 on the CPU, which agrees with "
               "diffusers; float16 on a GPU."),
      P::choice("quantization")
          .load()
          .advanced()
          .option("none")
          .option("int8")
          .default_value("none")
          .doc("int8: matrices and convolutions of the denoiser in eight bits, on a CPU that "
               "multiplies bytes (VNNI): faster, for slightly other pictures."),
      P::string("variant").load().advanced().default_value("").doc(
          "Which set of weight files, e.g. fp16 for diffusion_pytorch_model.fp16.safetensors."),
      P::integer("threads").load().advanced().same_pixels().range(0, 1024).default_value(0).doc(
          "CPU threads; 0: one for each CPU this process may use."),
      P::integer("batch_size")
          .load()
          .same_pixels()
          .range(0, 256)
          .default_value(0)
          .doc("Pictures that go through the network together; 0: four on the CPU, and on a GPU as "
               "many as there is memory for, up to 16."),
  };
}

}  // namespace pictor::diffusion
