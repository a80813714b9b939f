#pragma once

#include "base/json.hpp"
#include <pictor/abi.h>

#include <algorithm>
#include <string_view>
#include <tuple>

// Which functions a table has, as host and worker tell each other: by name.
namespace pictor::host::worker {

template <class Member>
struct NamedFunction {
  std::string_view name;
  Member member;
};
template <class Member>
NamedFunction(std::string_view, Member) -> NamedFunction<Member>;

constexpr auto functions_by_name(const pictor_plugin &) {
  return std::tuple{NamedFunction{"init", &pictor_plugin::init},
                    NamedFunction{"deinit", &pictor_plugin::deinit},
                    NamedFunction{"model_count", &pictor_plugin::model_count},
                    NamedFunction{"model_info", &pictor_plugin::model_info},
                    NamedFunction{"param_count", &pictor_plugin::param_count},
                    NamedFunction{"param_spec", &pictor_plugin::param_spec},
                    NamedFunction{"create", &pictor_plugin::create},
                    NamedFunction{"get_extension", &pictor_plugin::get_extension}};
}

constexpr auto functions_by_name(const pictor_model &) {
  return std::tuple{NamedFunction{"load", &pictor_model::load},
                    NamedFunction{"unload", &pictor_model::unload},
                    NamedFunction{"model_name", &pictor_model::model_name},
                    NamedFunction{"capacity", &pictor_model::capacity},
                    NamedFunction{"validate", &pictor_model::validate},
                    NamedFunction{"generate", &pictor_model::generate},
                    NamedFunction{"submit", &pictor_model::submit},
                    NamedFunction{"cancel", &pictor_model::cancel},
                    NamedFunction{"get_extension", &pictor_model::get_extension},
                    NamedFunction{"destroy", &pictor_model::destroy}};
}

// Calls `visit` with the name of each function and the pointer to its member.
template <class Table, class Visit>
void for_each_function(const Table &table, Visit visit) {
  std::apply([&](const auto &...each) { (visit(each.name, each.member), ...); },
             functions_by_name(table));
}

// The names of those that are there.
template <class Table>
Json names_of_functions(const Table &table) {
  Json there = Json::array();
  for_each_function(table, [&](std::string_view name, auto member) {
    if (table.*member != nullptr) there.push_back(name);
  });
  return there;
}

template <class Table>
bool has_every_function(const Table &table) {
  bool all = true;
  for_each_function(table,
                    [&](std::string_view, auto member) { all = all && table.*member != nullptr; });
  return all;
}

// Gives `table` those of `whole` that are named: what one side lacks is lacking on the other.
template <class Table>
void take_functions(Table &table, const Table &whole, const Json &names) {
  for_each_function(whole, [&](std::string_view name, auto member) {
    if (std::find(names.begin(), names.end(), name) != names.end()) table.*member = whole.*member;
  });
}

}  // namespace pictor::host::worker
