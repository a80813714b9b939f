#include "output/infotext.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

TEST_CASE("the infotext is what AUTOMATIC1111 writes") {
  const Json settings = {{"text", "a fox, oil on canvas"},
                         {"negative_prompt", "blurry"},
                         {"seed", 42},
                         {"width", 512},
                         {"height", 768},
                         {"model", "painter"},
                         {"model_name", "sd-v1-5: pruned"},
                         {"num_inference_steps", 30},
                         {"scheduler", "euler_a"},
                         {"sigma_schedule", "karras"},
                         {"guidance_scale", 7.5},
                         {"strength", nullptr},
                         {"clip_skip", 1},
                         {"my_column", "x"}};
  CHECK(make_infotext(settings, "Pictor 0.1.0") ==
        "a fox, oil on canvas\n"
        "Negative prompt: blurry\n"
        "Steps: 30, Sampler: Euler a, Schedule type: Karras, CFG scale: 7.5, Seed: 42, "
        "Size: 512x768, Model: \"sd-v1-5: pruned\", Clip skip: 2, Version: Pictor 0.1.0");
}

TEST_CASE("settings survive the way through an infotext") {
  const Json settings = {{"prompt", "a \"fox\"\n— 狐 🦊 <b>, (word:1.2)"},
                         {"negative_prompt", "ugly,\nbad: hands"},
                         {"num_inference_steps", 30},
                         {"scheduler", "dpmpp_2m"},
                         {"sigma_schedule", "karras"},
                         {"guidance_scale", 7.25},
                         {"seed", std::uint64_t{18446744073709551615u}},
                         {"width", 512},
                         {"height", 768},
                         {"model_name", "a, \"b\": c\\d"},
                         {"strength", 0.5},
                         {"clip_skip", 0},
                         {"eta", 0.5},
                         {"Version", "Pictor 0.1.0"}};
  const Json parsed = parse_infotext(make_infotext(settings, "Pictor 0.1.0"));
  for (const auto &[key, value] : settings.items()) {
    CAPTURE(key);
    CHECK(parsed[key] == value);
  }
  CHECK(parsed.size() == settings.size());
}

TEST_CASE("texts of other programs are read") {
  const Json parsed = parse_infotext(
      "masterpiece, best quality,\r\n1girl\n"
      "Negative prompt: lowres,\nbad anatomy\n"
      "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1, Size: 512x512, "
      "Model hash: 6ce0161689, Lora hashes: \"a: 12, b: 34\", Version: v1.7.0");
  CHECK(parsed["prompt"] == "masterpiece, best quality,\n1girl");
  CHECK(parsed["negative_prompt"] == "lowres,\nbad anatomy");
  CHECK(parsed["num_inference_steps"] == 20);
  CHECK(parsed["scheduler"] == "DPM++ 2M Karras");
  CHECK(parsed["guidance_scale"] == 7);
  CHECK(parsed["width"] == 512);
  CHECK(parsed["Model hash"] == "6ce0161689");
  CHECK(parsed["Lora hashes"] == "a: 12, b: 34");
}

TEST_CASE("a text without settings is a prompt") {
  CHECK(parse_infotext("a fox: red") == Json{{"prompt", "a fox: red"}});
  CHECK(parse_infotext("") == Json{{"prompt", ""}});
  CHECK(parse_infotext("a fox\nNegative prompt: cat") ==
        Json{{"prompt", "a fox"}, {"negative_prompt", "cat"}});
}

TEST_CASE("our record is found on the last line and on a line of its own") {
  const Json record = {{"text", "a \"fox\"\nSteps: 9, Seed: 9, Size: 9x9"}, {"seed", 1}};
  const std::string text = "a fox\nSteps: 20, Seed: 1, Size: 8x8, Version: x";
  const std::string with_record = with_pictor_record(text, record);
  CHECK(with_record.find('\n') == with_record.rfind('\n'));
  const Json inline_record = parse_infotext(with_record);
  CHECK(inline_record["Pictor"] == record);
  CHECK(inline_record["num_inference_steps"] == 20);
  CHECK(inline_record["seed"] == 1);

  const Json own_line = parse_infotext(text + "\nPictor: " + record.dump());
  CHECK(own_line["Pictor"] == record);
  CHECK(own_line["num_inference_steps"] == 20);
  CHECK(parse_infotext(with_pictor_record("", record))["Pictor"] == record);
}

TEST_CASE("a record that is nested without end is none") {
  const auto nested = [](int depth) {
    std::string json;
    for (int i = 0; i < depth; ++i) json += "{\"a\":";
    return json + "1" + std::string(static_cast<std::size_t>(depth), '}');
  };
  CHECK(parse_pictor_record(nested(60)).is_object());
  CHECK(parse_pictor_record(nested(100'000)).is_null());
  CHECK(parse_pictor_record("[1]").is_null());
  CHECK(parse_pictor_record("{").is_null());
}

TEST_CASE("hostile infotexts are only text") {
  for (const std::string &text :
       {std::string("Steps: 20, Model: \"never closed, Seed: 1"), std::string(200'000, '"'),
        std::string(200'000, '\n'), "Steps: " + std::string(200'000, ','),
        std::string("Steps: 1, Seed: 2, Size: x, a: \"\\"),
        std::string("Steps: 1, Size: 5, Seed: 99999999999999999999"),
        std::string("\xFF\xFE: 1, b: 2, c: 3"),
        "Steps: 1, Pictor: \"" + std::string(100'000, '[') + "\""}) {
    const Json parsed = parse_infotext(text);
    CHECK(parsed.contains("prompt"));
  }
}
