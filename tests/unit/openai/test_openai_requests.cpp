#include "ask_check.hpp"
#include "load_parameters.hpp"
#include "request_body.hpp"
#include "support/catch.hpp"

#include <fstream>

using namespace pictor::openai;
using pictor::Error;
using pictor::ImageInput;
using pictor::Params;
using Json = nlohmann::json;

namespace {

Params text(const std::string &id, const std::string &value) {
  return Params().set(id, value);
}

Json body_of(const Params &kwargs, const Settings &with, const Slice &slice = {}) {
  return Json::parse(http_request_of(ask_of("x", kwargs, with), slice, with).body);
}

// The parameter that is to blame; empty: the ask is fine.
std::string fault_of(const Params &kwargs, const std::string &model = "gpt-image-2",
                     const std::string &prompt = "x") {
  const Settings with = settings(model);
  try {
    check_ask(ask_of(prompt, kwargs, with), with);
  } catch (const Error &error) {
    CHECK(error.status() == pictor::Status::invalid_argument);
    return error.parameter();
  }
  return {};
}

const ImageInput png{"\x89PNG...", "image/png"};
const ImageInput webp{"RIFF....WEBP", "image/webp"};

std::vector<std::string> names_of(const pictor::remote::HttpRequest &request) {
  std::vector<std::string> names;
  for (const auto &part : request.parts) names.push_back(part.name);
  return names;
}

}  // namespace

TEST_CASE("only what was asked for is sent, and always the model") {
  CHECK(body_of({}, settings("gpt-image-2")) == Json{{"model", "gpt-image-2"}, {"prompt", "x"}});
  Params kwargs;
  kwargs.set("quality", std::string("max")).set("output_compression", std::int64_t{0});
  kwargs.set("stream", true).set("frame_duration_ms", 120.0);
  CHECK(body_of(kwargs, settings("gpt-image-2"), {0, 3, {}}) == Json{{"model", "gpt-image-2"},
                                                                     {"prompt", "x"},
                                                                     {"quality", "max"},
                                                                     {"n", 3},
                                                                     {"output_compression", 0},
                                                                     {"stream", true},
                                                                     {"frame_duration_ms", 120}});
}

TEST_CASE("width and height are a size") {
  Params kwargs;
  kwargs.set("width", std::int64_t{1536}).set("height", std::int64_t{864});
  CHECK(body_of(kwargs, settings("gpt-image-2"))["size"] == "1536x864");
  CHECK(fault_of(Params().set("width", std::int64_t{8})) == "height");
  CHECK(fault_of(kwargs.set("size", std::string("auto"))) == "size");
  CHECK(fault_of(kwargs.set("size", std::string("1536x864"))).empty());
}

TEST_CASE("base64 is asked of every model that might send addresses") {
  CHECK_FALSE(body_of({}, settings("gpt-image-2")).contains("response_format"));
  CHECK(body_of({}, settings("dall-e-3"))["response_format"] == "b64_json");
  CHECK(body_of({}, settings("mine"))["response_format"] == "b64_json");
  CHECK(body_of(text("response_format", "url"), settings("mine"))["response_format"] == "url");
  CHECK_FALSE(
      body_of(text("response_format", "omit"), settings("mine")).contains("response_format"));
}

TEST_CASE("seeds go to servers of one's own, for models that are not OpenAI's") {
  CHECK(settings("mine", "http://localhost:8080/v1").sends_seeds);
  CHECK_FALSE(settings("openai/gpt-image-2", "http://localhost:4000").sends_seeds);
  CHECK_FALSE(settings("mine").sends_seeds);
  CHECK(body_of({}, settings("mine"), {0, 1, 9223372036854775807u})["seed"] ==
        9223372036854775807u);
}

TEST_CASE("extra_body goes along, but for what has its own place") {
  const Json sent =
      body_of(text("extra_body", R"({"steps": 20, "loras": ["a"]})"), settings("mine"));
  CHECK(sent["steps"] == 20);
  CHECK(sent["loras"] == Json{"a"});
  for (const char *own : {R"({"n":1})", R"({"seed":1})", R"({"prompt":""})", R"([])", R"(5)"}) {
    INFO(own);
    CHECK(fault_of(text("extra_body", own), "mine") == "extra_body");
  }
}

TEST_CASE("one picture is sent as image, several as image[]") {
  const Settings with = settings("gpt-image-2");
  Ask ask = ask_of("x", Params().set("image", std::vector{png}).set("mask_image", png), with);
  auto request = http_request_of(ask, {}, with);
  CHECK(request.url == "https://api.openai.com/v1/images/edits");
  CHECK(names_of(request) == std::vector<std::string>{"model", "prompt", "image", "mask"});
  CHECK(request.parts[2].content == png.bytes);
  CHECK(request.parts[2].file_name == "image.png");
  CHECK(request.parts[2].media_type == "image/png");
  ask = ask_of("x", {}, with);
  ask.images = {png, webp};
  request = http_request_of(ask, {}, with);
  CHECK(names_of(request) == std::vector<std::string>{"model", "prompt", "image[]", "image[]"});
  CHECK(request.parts[3].media_type == "image/webp");
}

TEST_CASE("nested fields in a form, as the official client writes them") {
  const Settings with = settings("gpt-image-2.6-sunburst");
  Params kwargs = text("svg", R"({"model":"m","reasoning":{"effort":"low"}})");
  kwargs.set("image", std::vector{png}).set("stream", true).set("partial_images", std::int64_t{1});
  std::map<std::string, std::string> fields;
  const auto request = http_request_of(ask_of("x", kwargs, with), {0, 2, {}}, with);
  for (const auto &part : request.parts) fields[part.name] = part.content;
  CHECK(fields["svg[model]"] == "m");
  CHECK(fields["svg[reasoning][effort]"] == "low");
  CHECK(fields["stream"] == "true");
  CHECK(fields["partial_images"] == "1");
  CHECK(fields["n"] == "2");
}

TEST_CASE("edits as JSON carry data URLs") {
  Settings with = settings("gpt-image-2");
  with.json_edits = true;
  const Json sent = body_of(Params().set("image", std::vector{png}).set("mask_image", png), with);
  const std::string url = sent["images"][0]["image_url"].get<std::string>();
  CHECK(url.starts_with("data:image/png;base64,iVBO"));
  CHECK(sent["mask"]["image_url"] == url);
}

TEST_CASE("GIF and SVG requests are the official client's") {
  for (const char *name : {"generate-gif", "generate-svg"}) {
    std::ifstream file(std::string(PICTOR_TESTS_DIR) + "/golden/openai/" + name + ".json");
    const Json capture = Json::parse(file);
    const Json &given = capture["call"]["arguments"];
    Params kwargs;
    for (const auto &[id, value] : given.items()) {
      if (id == "model" || id == "prompt") continue;
      if (value.is_string()) kwargs.set(id, value.get<std::string>());
      if (value.is_object()) kwargs.set(id, value.dump());
      if (!value.is_number()) continue;
      id == "frame_duration_ms" ? kwargs.set(id, value.get<double>())
                                : kwargs.set(id, value.get<std::int64_t>());
    }
    const Settings with = settings(given["model"].get<std::string>());
    const Ask ask = ask_of(given["prompt"].get<std::string>(), kwargs, with);
    CHECK(Json::parse(http_request_of(ask, {}, with).body) == capture["request"]["body"]);
  }
}

TEST_CASE("text that is no UTF-8 breaks no request") {
  const Settings with = settings("gpt-image-2");
  CHECK_NOTHROW(http_request_of(ask_of("a \xff b", {}, with), {}, with));
}

TEST_CASE("contradictions are found before anything is sent") {
  const auto with = [](Params kwargs, const std::string &id, pictor::Value value) {
    return kwargs.set(id, std::move(value));
  };
  using std::string;
  CHECK(fault_of(with(text("background", "transparent"), "output_format", string("jpeg"))) ==
        "background");
  CHECK(fault_of(text("background", "transparent")).empty());
  CHECK(fault_of(text("output_format", "gif")) == "output_format");
  CHECK(fault_of(text("extra_body", R"({"output_format":"svg"})")) == "output_format");
  CHECK(fault_of(Params().set("output_compression", std::int64_t{50})) == "output_compression");
  CHECK(fault_of(Params().set("partial_images", std::int64_t{1})) == "partial_images");
  CHECK(fault_of(Params().set("partial_images", std::int64_t{0})).empty());
  CHECK(fault_of(Params().set("stream", true), "dall-e-3") == "stream");
  CHECK(fault_of(text("response_format", "url")) == "response_format");
  CHECK(fault_of(text("style", "vivid")) == "style");
  CHECK(fault_of(Params().set("mask_image", png)) == "mask_image");
  CHECK(fault_of(Params().set("markup", png)) == "markup");
  CHECK(fault_of(text("input_fidelity", "high")) == "input_fidelity");
  CHECK(fault_of(with(Params().set("image", std::vector{png}), "mask_image", webp)) ==
        "mask_image");
  CHECK(fault_of(with(with(Params().set("image", std::vector{png}), "mask_image", png), "markup",
                      png)) == "markup");
  CHECK(fault_of(Params().set("image", std::vector{png}), "gpt-image-2", " ") == "prompt");
  CHECK(fault_of({}, "gpt-image-2", std::string(32'001, 'x')) == "prompt");
  CHECK(fault_of({}, "mine", std::string(32'001, 'x')).empty());
}

TEST_CASE("a doubtful size is told, not refused") {
  const Settings with = settings("gpt-image-2");
  CHECK(check_ask(ask_of("x", text("size", "1000x1000"), with), with).find("16") !=
        std::string::npos);
  CHECK(check_ask(ask_of("x", text("size", "auto"), with), with).empty());
}
