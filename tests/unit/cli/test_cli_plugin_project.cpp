#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/plugin_project.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;

TEST_CASE("A project's texts carry the plugin's name") {
  CHECK(with_plugin_name("class TemplateModel; // template_model.hpp", "my-model.2") ==
        "class MyModel2Model; // my_model_2_model.hpp");
  CHECK(with_plugin_name("#ifndef TEMPLATE_PICTURE_H", "red-fox") == "#ifndef RED_FOX_PICTURE_H");
  CHECK(with_plugin_name("{\"id\": \"template\"}, template-1", "fox") ==
        "{\"id\": \"fox\"}, fox-1");
  CHECK(with_plugin_name("template_model template", "template2") == "template2_model template2");
}

TEST_CASE("A project is not written over what is there") {
  const pictor::test::TempDir folder;
  folder.write("mine", "work of weeks");
  CHECK_THROWS_AS(write_plugin_project({"sync"}, "fox", folder.path()), Error);
  CHECK(read_file(folder / "mine") == "work of weeks");
}
