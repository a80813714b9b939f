#include "parameters.hpp"

namespace pictor::python {

std::vector<RuntimeParameter> parameters() {
  using P = RuntimeParameter;
  return {
      P::string("class").load().required().doc(
          "The class that draws, in the file or the module: Painter, or StableDiffusionPipeline."),
      P::path("file").load().doc("The Python file with the class."),
      P::string("module").load().doc("In place of `file`: a module that can be imported."),
      P::path("venv").load().doc("A virtual environment whose packages are used."),
      P::string("model").load().path_or_name().doc(
          "What `from_pretrained`, or the constructor, gets as its first argument."),
      P::choice("device").load().option("cpu").option("cuda").open().doc(
          "Where the object is sent by its `to`; not at all when not given."),
      P::json("constructor_kwargs")
          .load()
          .doc("Keywords of `from_pretrained` or the constructor; \"torch.float16\" is that type."),
      P::string("negative_prompt").doc("What the picture should not show."),
      P::integer("width").doc("Width of the picture.").unit("px").minimum(1),
      P::integer("height").doc("Height of the picture.").unit("px").minimum(1),
      P::integer("num_inference_steps").alias("steps").doc("Steps of denoising.").minimum(1),
      P::number("guidance_scale").doc("How closely the prompt is followed.").minimum(0),
      P::number("strength").doc("How much of the image to begin from is drawn anew.").range(0, 1),
      P::image("image").doc("The picture to begin from, as PIL has it, or bytes without PIL."),
      P::json("kwargs").doc("Any other keywords of the function, as one map."),
  };
}

}  // namespace pictor::python
