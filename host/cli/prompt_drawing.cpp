#include "cli/prompt_drawing.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"
#include "cli/draw_once.hpp"
#include "cli/progress_line.hpp"
#include "output/decode.hpp"
#include "output/encode.hpp"
#include "output/infotext.hpp"
#include "run/dataset_files.hpp"
#include "run/request.hpp"
#include "run/sample_record.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <numeric>
#include <string_view>
#include <variant>

namespace pictor::host {
namespace {

constexpr int quality = 95;  // of JPEG and WebP, as in a job file that says nothing

RunModel run_model(const PreparedModel &prepared) {
  RunModel model;
  model.name = prepared.name;
  model.plugin = prepared.plugin->id();
  model.plugin_version = prepared.plugin->version();
  model.specs = prepared.specs;
  model.load = prepared.load;
  model.request = prepared.request;
  return model;
}

Request request_for(const RunModel &model, const Painter &painter, const PromptWish &wish) {
  Request request;
  request.model = &model;
  request.model_name = painter.model_name();
  request.ignores_seed = painter.info().ignores_seed;
  request.row.prompt = wish.prompt;
  request.asked.prompt = wish.prompt;
  request.asked.parameters = model.request;
  request.asked.trace_id = "generate";
  request.work.generations.resize(wish.count);
  std::iota(request.work.generations.begin(), request.work.generations.end(), 0U);
  for (std::uint32_t k = 0; k < wish.count; ++k) request.asked.seeds.push_back(wish.seed + k);
  return request;
}

ExitCode exit_code_of(const Failure &failure) {
  if (failure.authentication) return ExitCode::authentication;
  switch (failure.outcome) {
    case Outcome::refused:
    case Outcome::filtered:
      return ExitCode::refused_only;
    case Outcome::invalid:
      return ExitCode::usage;
    default:
      return ExitCode::some_failed;
  }
}

[[noreturn]] void fail(const Failure &failure) {
  const std::string_view what =
      failure.authentication ? std::string_view("not let in") : name_of(failure.outcome);
  const bool later = !failure.authentication && drawn_again(failure.outcome);
  throw Error(fmt::format("{}: {}", what, failure.message),
              later ? "the same command may work later" : "", exit_code_of(failure));
}

// Takes a model's pictures to their targets.
class Pictures {
 public:
  Pictures(Console &console, const Request &request, const PromptWish &wish,
           const PictureTargets &targets)
      : console_(console), request_(request), wish_(wish), targets_(targets) {}

  void take(std::uint32_t index, const Picture &picture, const PictureMeta &meta) {
    Json record = sample_record(request_, index, &meta);
    if (picture.kind == Picture::Kind::encoded) {
      keep(index, picture, record);
    } else {
      encode(index, picture, record);
    }
    ++taken_;
  }

  std::uint32_t taken() const { return taken_; }

 private:
  // Bytes that came encoded are kept as they came, under an ending that is true.
  void keep(std::uint32_t index, const Picture &picture, Json &record) {
    const std::string_view bytes(reinterpret_cast<const char *>(picture.data.get()), picture.size);
    const auto checked = check_image(bytes);
    if (const auto *failure = std::get_if<Failure>(&checked)) fail(*failure);
    const ImageInfo &info = std::get<ImageInfo>(checked);
    record["width"] = info.width;
    record["height"] = info.height;
    write(index, bytes, info.format, record);
  }

  void encode(std::uint32_t index, const Picture &picture, Json &record) {
    record["width"] = picture.width;
    record["height"] = picture.height;
    const auto encoded = encode_picture(picture, {targets_.format, quality},
                                        {make_infotext(record, program_version()), record});
    if (const auto *failure = std::get_if<Failure>(&encoded)) fail(*failure);
    write(index, std::get<std::string>(encoded), targets_.format, record);
  }

  void write(std::uint32_t index, std::string_view bytes, ImageFormat format, const Json &record) {
    if (targets_.to_stdout) {
      console_.data(bytes);
      return;
    }
    std::filesystem::path file = targets_.files[index];
    if (format != targets_.format) {
      file.replace_extension(std::string(file_extension(format)));
      console_.note(fmt::format("the model gave {}: kept as it is", media_type(format)));
    }
    if (!wish_.overwrite) refuse_existing(file);
    write_file(file, bytes);
    if (console_.json()) {
      console_.event({{"event", "picture"}, {"file", file.string()}, {"settings", record}});
    } else {
      console_.line(terminal_safe(file.string()));
      console_.flush();
    }
  }

  Console &console_;
  const Request &request_;
  const PromptWish &wish_;
  const PictureTargets &targets_;
  std::uint32_t taken_ = 0;
};

}  // namespace

ExitCode draw_prompt(Console &console, const PreparedModel &prepared, const PromptWish &wish,
                     const PictureTargets &targets) {
  const RunModel model = run_model(prepared);
  const auto painter = make_plugin_painter(prepared.plugin, prepared.model_id, prepared.load);
  ProgressLine line(console);
  std::optional<Failure> failure;
  const Request request = request_for(model, *painter, wish);
  Pictures pictures(console, request, wish, targets);
  failure = draw_once(*painter, request.asked,
                      {[&](const std::string &text) { line.show(text); },
                       [&](std::uint32_t index, const Picture &picture, const PictureMeta &meta) {
                         line.clear();
                         pictures.take(index, picture, meta);
                       }});
  line.clear();
  if (!failure) return ExitCode::ok;
  if (pictures.taken() == 0) fail(*failure);
  console.report(Error(fmt::format("{} of {} pictures are missing: {}",
                                   wish.count - pictures.taken(), wish.count, failure->message)));
  return ExitCode::some_failed;
}

}  // namespace pictor::host
