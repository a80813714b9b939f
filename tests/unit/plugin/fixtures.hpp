#pragma once

#include "plugin/plugin.hpp"
#ifdef PICTOR_TESTS_IN_WORKER
#include "worker/isolation.hpp"
#endif

#include <filesystem>
#include <memory>
#include <string>

namespace pictor::test {

inline std::filesystem::path fixture_folder() {
  return PICTOR_FIXTURES;
}

// The file of a plugin of tests/plugins.
inline std::filesystem::path fixture(const std::string &id) {
  return fixture_folder() / (id + ".pictor.so");
}

// That plugin: in this process, or in a worker where a suite is built so.
#ifdef PICTOR_TESTS_IN_WORKER
inline std::shared_ptr<const host::Plugin> load_fixture(const std::string &id) {
  host::IsolationConfig isolation;
  isolation.mode = host::Isolation::worker;
  return host::Plugin::load(fixture(id), host::choose_source(isolation));
}
#else
inline std::shared_ptr<const host::Plugin> load_fixture(const std::string &id) {
  return host::Plugin::load(fixture(id));
}
#endif

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
