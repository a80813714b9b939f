#include "config/keys.hpp"
#include "config/schema.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

ParameterSpec width() {
  ParameterSpec spec;
  spec.id = "width";
  spec.type = ParameterType::integer;
  spec.doc = "Width of the picture.";
  spec.minimum = 64;
  spec.step = 8;
  spec.default_value = 512;
  spec.aliases = {"W"};
  return spec;
}

}  // namespace

TEST_CASE("the schema has every key that can be used, and no other") {
  const Json schema = config_schema({});
  CHECK(schema["required"] == Json({"pictor", "models", "job"}));
  CHECK(schema["additionalProperties"] == false);
  const Json &job = schema["properties"]["job"]["properties"];
  CHECK(job.contains("num_generations"));
  CHECK_FALSE(job.contains("lane"));
  CHECK(job["num_generations"]["anyOf"][0]["maximum"] == 10000);
  CHECK(job["output"]["properties"]["format"]["anyOf"][0]["enum"] ==
        Json({"png", "jpeg", "jpg", "webp"}));
  const Json &model = schema["properties"]["models"]["additionalProperties"];
  CHECK(model["required"] == Json({"plugin"}));
  CHECK_FALSE(model.contains("additionalProperties"));
}

TEST_CASE("a plugin's parameters complete the models that name it") {
  ParameterSpec device;
  device.id = "device";
  device.scope = ParameterScope::load;
  const Json schema = config_schema({{.plugin = "diffusion",
                                      .model_id = "sd",
                                      .is_default = true,
                                      .label = "Diffusion",
                                      .specs = {width(), device}}});
  const Json &condition = schema["properties"]["models"]["additionalProperties"]["allOf"][0];
  CHECK(condition["if"]["properties"]["plugin"]["const"] == "diffusion");
  CHECK(condition["if"]["required"] == Json({"plugin"}));
  const Json &then = condition["then"];
  CHECK(then["properties"].contains("device"));
  CHECK(then["properties"].contains("limits"));
  CHECK(then["additionalProperties"] == false);
  const Json &kwargs = then["properties"]["generation_kwargs"];
  CHECK(kwargs["properties"].contains("W"));
  CHECK(kwargs["properties"]["width"]["default"] == 512);
  CHECK(kwargs["properties"]["width"]["anyOf"][0]["multipleOf"] == 8);
  CHECK(kwargs["additionalProperties"] == false);
}

TEST_CASE("every key is documented") {
  const auto check = [](const Section &section, const auto &self) -> void {
    for (const Key &key : section.keys) {
      INFO(section.noun << " " << key.spec.id);
      CHECK_FALSE(key.spec.doc.empty());
      if (key.section != nullptr) self(*key.section, self);
    }
  };
  check(job_file_keys(), check);
}
