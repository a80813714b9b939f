#include "python_model.hpp"

#include "interpreter.hpp"
#include "parameters.hpp"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <cstring>
#include <tuple>
#include <utility>

namespace pictor::python {

namespace {

namespace py = pybind11;

// Kind, bytes, width, height, channels, JSON of more columns.
using Packed =
    std::tuple<std::string, std::string, std::uint32_t, std::uint32_t, std::uint32_t, std::string>;

std::string text(const Params &params, const char *id) {
  return params.get<std::string>(id, std::string());
}

py::object to_python(const Value &value) {
  return std::visit(
      [](const auto &held) -> py::object {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, ImageInput>) {
          return py::bytes(held.bytes);
        } else if constexpr (std::is_same_v<Held, std::vector<ImageInput>>) {
          py::list list;
          for (const ImageInput &image : held) list.append(py::bytes(image.bytes));
          return list;
        } else {
          return py::cast(held);
        }
      },
      value);
}

py::dict given(const Params &params) {
  py::dict keywords;
  for (const auto &[id, value] : params.values()) {
    if (id != "kwargs") keywords[py::str(id)] = to_python(value);
  }
  return keywords;
}

template <typename Sample>
std::vector<Sample> samples_of(const std::string &bytes) {
  std::vector<Sample> samples(bytes.size() / sizeof(Sample));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(Sample));
  return samples;
}

Image image_of(const Packed &packed) {
  const auto &[kind, bytes, width, height, channels, columns] = packed;
  if (kind == "encoded") return Image::encoded(samples_of<std::uint8_t>(bytes));
  if (kind == "f32") return Image::raw(width, height, channels, samples_of<float>(bytes));
  return Image::raw(width, height, channels, samples_of<std::uint8_t>(bytes));
}

}  // namespace

ModelInfo PythonModel::info() {
  return {.id = "python",
          .label = "A Python class",
          .doc = "Draws with a class of yours, or with a pipeline of diffusers.",
          .prefers_isolation = true};
}

std::vector<RuntimeParameter> PythonModel::runtime_parameters() {
  return parameters();
}

PythonModel::PythonModel(const Params &config) : config_(config) {
  if (config_.has("file") == config_.has("module")) {
    throw Error(Status::invalid_argument, "one of `file` and `module` tells where the class is")
        .parameter("file");
  }
}

PythonModel::~PythonModel() {
  if (!model_) return;
  const py::gil_scoped_acquire lock;
  model_.reset();
}

std::string PythonModel::model_name() const {
  const std::string model = text(config_, "model");
  return model.empty() ? text(config_, "class") : model;
}

void PythonModel::load(Loading &) {
  py::module_ &glue = Interpreter::get().glue();
  const py::gil_scoped_acquire lock;
  try {
    if (config_.has("venv")) glue.attr("use_environment")(text(config_, "venv"));
    model_ = glue.attr("Model")(text(config_, "file"), text(config_, "module"),
                                text(config_, "class"), text(config_, "model"),
                                text(config_, "device"), text(config_, "constructor_kwargs"));
  } catch (py::error_already_set &failure) {
    throw_as_error(failure);
  }
}

void PythonModel::unload() {
  const py::gil_scoped_acquire lock;
  try {
    if (model_) model_->attr("unload")();
    model_.reset();
  } catch (py::error_already_set &failure) {
    model_.reset();
    throw_as_error(failure);
  }
}

void PythonModel::generate(std::span<Request> requests) {
  for (Request &request : requests) {
    try {
      draw(request);
    } catch (...) {
      request.fail(current_error());
    }
  }
}

void PythonModel::draw(Request &request) {
  const py::gil_scoped_acquire lock;
  std::vector<std::string> prompts(request.num_generations(), std::string(request.prompt()));
  std::vector<std::uint64_t> seeds;
  for (std::uint32_t k = 0; k < request.num_generations(); ++k) seeds.push_back(request.seed(k));
  const std::function<void(std::uint32_t, std::uint32_t)> progress =
      [&](std::uint32_t step, std::uint32_t steps) { request.progress(step, steps); };
  const std::function<bool()> cancelled = [&] { return request.cancelled(); };
  std::vector<Packed> pictures;
  try {
    const Params &params = request.generation_kwargs();
    pictures = model_
                   ->attr("generate")(prompts, seeds, given(params), text(params, "kwargs"),
                                      progress, cancelled)
                   .cast<std::vector<Packed>>();
  } catch (py::error_already_set &failure) {
    if (request.cancelled()) throw Error(Status::cancelled, "ended early, as was asked");
    throw_as_error(failure);
  }
  const py::gil_scoped_release others;
  bool filtered = false;
  for (std::uint32_t k = 0; k < pictures.size(); ++k) {
    if (std::get<0>(pictures[k]) == "filtered") {
      filtered = true;
      continue;
    }
    Image image = image_of(pictures[k]);
    if (const std::string &columns = std::get<5>(pictures[k]); columns != "{}") {
      image.extra_json("python", columns);
    }
    request.image(k, image);
  }
  if (filtered) {
    throw Error(Status::content_rejected, "the model's own checker flagged the picture")
        .after_drawing();
  }
}

}  // namespace pictor::python
