#pragma once

#include "ledger/ledger.hpp"
#include "ledger/lock.hpp"
#include "ledger/sqlite.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace pictor::host {

inline constexpr const char *ledger_name = "ledger.sqlite";

// What an open ledger holds.
struct Ledger::Impl {
  Impl(std::unique_ptr<FolderLock> held, Database opened)
      : lock(std::move(held)),
        database(std::move(opened)),
        get_state(database.prepare("SELECT value FROM state WHERE name = ?")) {}

  std::unique_ptr<FolderLock> lock;
  Database database;
  Statement get_state;

  std::uint64_t number(std::string_view name) {
    get_state.bind(1, name);
    const std::uint64_t value = get_state.step() ? get_state.integer(0) : 0;
    get_state.reset();
    return value;
  }
  void set_number(std::string_view name, std::uint64_t value) {
    database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?)")
        .bind(1, name)
        .bind(2, static_cast<std::int64_t>(value))
        .run();
  }
  void add_spent(std::int64_t micros) {
    set_number("spent_micros", number("spent_micros") + micros);
  }
  Json note(std::string_view name) {
    get_state.bind(1, name);
    const bool known = get_state.step();
    Json json = known ? Json::parse(get_state.text(0), nullptr, false) : Json::object();
    get_state.reset();
    return json.is_discarded() ? Json::object() : json;
  }
  void set_note(std::string_view name, const Json &json) {
    database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?)")
        .bind(1, name)
        .bind(2, json_line(json))
        .run();
  }
  void grow_version() { set_number("version", number("version") + 1); }
};

}  // namespace pictor::host
