#include "parameters.hpp"

#include "models.hpp"

#include <cmath>

namespace pictor::openai {

namespace {

using P = RuntimeParameter;

constexpr std::uint64_t largest_picture = 50u << 20;  // what an edit takes
constexpr double longest_timeout = 24 * 3600;

std::vector<RuntimeParameter> where_parameters() {
  return {
      P::string("model")
          .load()
          .default_value("gpt-image-2.6-flare")
          .doc("The image model, by any name the server knows. OpenAI's own: gpt-image-2.6-flare, "
               "gpt-image-2.6-sunburst, gpt-image-2.5-flare, gpt-image-2.5-sunburst, gpt-image-2."),
      P::string("base_url")
          .load()
          .env("OPENAI_BASE_URL")
          .limit_key()
          .default_value("https://api.openai.com/v1")
          .doc("Where the API is, up to /images/generations: OpenAI, or a server that speaks its "
               "language, e.g. http://localhost:8080/v1."),
      P::secret("api_key")
          .load()
          .env("OPENAI_API_KEY")
          .limit_key()
          .same_pixels()
          .doc(
              "The key, as ${NAME} of an environment variable. Servers of your own may need none."),
      P::string("organization")
          .load()
          .env("OPENAI_ORG_ID")
          .advanced()
          .limit_key()
          .same_pixels()
          .doc("The organization that is billed, where a key belongs to several."),
      P::string("project")
          .load()
          .env("OPENAI_PROJECT_ID")
          .advanced()
          .limit_key()
          .same_pixels()
          .doc("The project that is billed."),
      P::json("headers").load().advanced().same_pixels().doc(
          "Further headers of every request, a map of names to texts."),
      P::secret("custom_headers")
          .load()
          .env("OPENAI_CUSTOM_HEADERS")
          .advanced()
          .same_pixels()
          .doc("An environment variable that holds further headers, 'Name: value' in lines."),
  };
}

std::vector<RuntimeParameter> azure_parameters() {
  return {
      P::choice("api")
          .load()
          .option("openai")
          .option("azure", "Azure OpenAI")
          .default_value("openai")
          .doc("Whose addresses and keys: OpenAI's (and all that speak like it) or those "
               "of an Azure OpenAI resource."),
      P::string("azure_endpoint")
          .load()
          .env("AZURE_OPENAI_ENDPOINT")
          .advanced()
          .limit_key()
          .doc("The resource: https://NAME.openai.azure.com."),
      P::string("azure_deployment")
          .load()
          .advanced()
          .doc("The deployment; the model's name when not given."),
      P::string("api_version")
          .load()
          .env("OPENAI_API_VERSION")
          .advanced()
          .doc("Azure's version of the API, e.g. 2025-04-01-preview."),
      P::secret("azure_api_key")
          .load()
          .env("AZURE_OPENAI_API_KEY")
          .advanced()
          .limit_key()
          .same_pixels()
          .doc("The resource's key."),
      P::secret("azure_ad_token")
          .load()
          .env("AZURE_OPENAI_AD_TOKEN")
          .advanced()
          .limit_key()
          .same_pixels()
          .doc("An Entra ID token in place of the key."),
  };
}

std::vector<RuntimeParameter> transfer_parameters() {
  return {
      P::number("timeout")
          .load()
          .unit("s")
          .above(0)
          .maximum(longest_timeout)
          .default_value(600.0)
          .same_pixels()
          .doc("How long one request may take; slow models need minutes."),
      P::string("proxy").load().advanced().same_pixels().doc(
          "A proxy, e.g. http://proxy:3128; the environment's https_proxy and no_proxy when not "
          "given."),
      P::path("ca_file").load().advanced().same_pixels().doc(
          "Certificates to trust, in PEM, in place of the system's."),
      P::boolean("allow_private_downloads")
          .load()
          .advanced()
          .same_pixels()
          .default_value(false)
          .doc("Fetch pictures that an answer names by URL from loopback and private addresses "
               "too. From the server of base_url itself they are fetched always."),
      P::choice("seeds")
          .load()
          .advanced()
          .option("auto")
          .option("send")
          .option("none")
          .default_value("auto")
          .doc("Whether a picture's seed goes along as `seed`, one picture a request. auto: to "
               "servers other than OpenAI and Azure, for models that are not OpenAI's."),
      P::choice("edit_format")
          .load()
          .advanced()
          .same_pixels()
          .option("multipart")
          .option("json")
          .default_value("multipart")
          .doc("How pictures are sent to /images/edits: as files, or as data URLs in JSON."),
  };
}

std::vector<RuntimeParameter> lane_parameters() {
  return {
      P::choice("lane")
          .load()
          .limit_key()
          .affects_cost()
          .same_pixels()
          .option("realtime")
          .option("batch")
          .default_value("realtime")
          .doc("realtime asks for each row at once; batch sends the rows as files through OpenAI's "
               "Batch API: half the price, within 24 hours, and a run may be stopped meanwhile."),
      P::integer("batch_size")
          .load()
          .advanced()
          .same_pixels()
          .range(1, 50'000)
          .default_value(std::int64_t{50'000})
          .doc("lane: batch: how many rows one batch may hold."),
      P::number("batch_gather")
          .load()
          .advanced()
          .same_pixels()
          .unit("s")
          .range(0, 3600)
          .default_value(10.0)
          .doc("lane: batch: a batch leaves when no row has come for so long."),
      P::number("batch_poll")
          .load()
          .advanced()
          .same_pixels()
          .unit("s")
          .range(0.01, 3600)
          .default_value(30.0)
          .doc("lane: batch: how long between two looks at a batch."),
      P::choice("batch_resend")
          .load()
          .advanced()
          .same_pixels()
          .option("batch")
          .option("realtime", "at once, at full price")
          .default_value("batch")
          .doc("lane: batch: where rows go that a batch did not get to in its 24 hours."),
  };
}

std::vector<RuntimeParameter> picture_parameters() {
  return {
      P::choice("size")
          .open()
          .affects_cost()
          .option("auto")
          .option("1024x1024")
          .option("1536x1024")
          .option("1024x1536")
          .option("2048x2048")
          .doc("WIDTHxHEIGHT or auto; which ones depends on the model."),
      P::integer("width").unit("px").range(1, 65536).affects_cost().doc(
          "With height, in place of size."),
      P::integer("height").unit("px").range(1, 65536).affects_cost().doc(
          "With width, in place of size."),
      P::choice("quality")
          .open()
          .affects_cost()
          .option("auto")
          .option("low")
          .option("medium")
          .option("high")
          .option("xhigh")
          .option("max")
          .option("standard")
          .option("hd")
          .doc("low to high for GPT image models, xhigh and max from 2.5 on; standard and hd for "
               "DALL-E."),
      P::choice("background")
          .open()
          .option("auto")
          .option("transparent")
          .option("opaque")
          .doc("transparent needs output_format png or webp."),
      P::choice("output_format")
          .open()
          .option("png")
          .option("jpeg")
          .option("webp")
          .doc("How the server encodes the picture; it is stored as it comes."),
      P::integer("output_compression").unit("%").range(0, 100).doc("For jpeg and webp."),
      P::choice("complexity")
          .open()
          .affects_cost()
          .option("low")
          .option("medium")
          .option("high")
          .doc("How much the model works on the picture (gpt-image-2.6)."),
      P::choice("moderation")
          .open()
          .option("auto")
          .option("low")
          .doc("How strict the provider's filter is."),
      P::choice("style").open().option("vivid").option("natural").doc("DALL-E 3 only."),
  };
}

std::vector<RuntimeParameter> edit_parameters() {
  return {
      P::image_list("image")
          .max_bytes(largest_picture)
          .affects_cost()
          .doc("A picture to change, or several (16 at most) to draw after: the request goes to "
               "/images/edits."),
      P::image("mask_image")
          .alias("mask")
          .max_bytes(largest_picture)
          .doc("A PNG of the same size as image: where it is transparent the picture is redrawn."),
      P::image("markup")
          .max_bytes(largest_picture)
          .advanced()
          .doc("A transparent PNG of hints laid over image (gpt-image-2.5); not with mask_image."),
      P::choice("input_fidelity")
          .open()
          .option("low")
          .option("high")
          .affects_cost()
          .doc("How closely faces and details of image are kept."),
  };
}

std::vector<RuntimeParameter> answer_parameters() {
  return {
      P::boolean("stream").same_pixels().doc(
          "Ask for the answer as a stream of events: connections stay busy, and partial pictures "
          "can be shown."),
      P::integer("partial_images")
          .range(0, 3)
          .affects_cost()
          .same_pixels()
          .doc("With stream: previews on the way, 100 output tokens each."),
      P::choice("response_format")
          .open()
          .advanced()
          .option("b64_json")
          .option("url")
          .option("omit")
          .doc("b64_json, or url, which is fetched at once; omit: not sent. When not given, "
               "b64_json is asked of all models but OpenAI's GPT image models, which send it "
               "anyway."),
      P::string("safety_identifier")
          .advanced()
          .same_pixels()
          .doc("Names the end user to the provider; a hash, not a name."),
      P::string("user").advanced().same_pixels().doc("The older form of safety_identifier."),
      P::integer("frame_count")
          .range(2, 16)
          .advanced()
          .affects_cost()
          .doc("Pictures in a GIF (output_format gif)."),
      P::number("frame_duration_ms")
          .unit("ms")
          .above(0)
          .advanced()
          .doc("How long each picture of a GIF shows."),
      P::json("svg").advanced().affects_cost().doc(
          "How an SVG is made (output_format svg): {model: ..., reasoning: {effort: low}}."),
      P::json("extra_body")
          .advanced()
          .doc("Fields laid over the request as they are, for servers with more than OpenAI's: "
               "{steps: "
               "20, negative_prompt: blurry}."),
  };
}

bool wants_seeds(const std::string &rule, const std::string &model, const Endpoint &endpoint) {
  if (rule != "auto") return rule == "send";
  return !endpoint.is_openai && !is_openai_model(model);
}

std::chrono::milliseconds milliseconds_of(const Params &load, const char *id) {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(load.get<double>(id) * 1e3)));
}

void read_lane(Settings &settings, const Params &load) {
  settings.batch_lane = load.get<std::string>("lane") == "batch";
  settings.batch.most_requests = load.get<std::uint32_t>("batch_size");
  settings.batch.gather = milliseconds_of(load, "batch_gather");
  settings.batch.poll = milliseconds_of(load, "batch_poll");
  settings.batch.resend_directly = load.get<std::string>("batch_resend") == "realtime";
  if (!settings.batch_lane) return;
  if (load.get<std::string>("api") == "azure") {
    throw Error(Status::unsupported,
                "lane: batch is OpenAI's; Azure's batches draw no pictures. Use lane: realtime")
        .parameter("lane");
  }
  settings.json_edits = true;  // a line of a batch is JSON
}

}  // namespace

std::vector<RuntimeParameter> openai_parameters() {
  std::vector<RuntimeParameter> all;
  for (const auto &group :
       {where_parameters(), azure_parameters(), transfer_parameters(), lane_parameters(),
        picture_parameters(), edit_parameters(), answer_parameters()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

Settings settings_of(const Params &load) {
  Settings settings;
  settings.model = load.get<std::string>("model");
  if (settings.model.empty()) {
    throw Error(Status::invalid_argument, "model must not be empty").parameter("model");
  }
  settings.endpoint = endpoint_of(load);
  settings.sends_seeds =
      wants_seeds(load.get<std::string>("seeds"), settings.model, settings.endpoint);
  settings.json_edits = load.get<std::string>("edit_format") == "json";
  settings.timeout = milliseconds_of(load, "timeout");
  settings.private_downloads = load.get<bool>("allow_private_downloads");
  settings.client.user_agent = "pictor-openai/0.1.0";
  settings.client.proxy = load.get<std::string>("proxy", "");
  settings.client.ca_file = load.get<std::string>("ca_file", "");
  read_lane(settings, load);
  return settings;
}

}  // namespace pictor::openai
