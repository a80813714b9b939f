#pragma once

#include <filesystem>
#include <string>

namespace pictor::test {

inline std::filesystem::path fixture_folder() {
  return PICTOR_FIXTURES;
}

// The file of a plugin of tests/plugins.
inline std::filesystem::path fixture(const std::string &id) {
  return fixture_folder() / (id + ".pictor.so");
}

// The message of the exception of that type that `call` throws; "" when it throws none.
template <class Exception, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Exception &exception) {
    return exception.what();
  }
  return {};
}

}  // namespace pictor::test
