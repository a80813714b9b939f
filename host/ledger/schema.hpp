#pragma once

#include "ledger/sqlite.hpp"

#include <filesystem>

namespace pictor::host {

// Makes a new file a ledger, brings an older one up to date, leaves a current one alone. Throws
// Error for a file that is no ledger and for one that a newer Pictor wrote.
void migrate(Database &database, const std::filesystem::path &file);

// The same checks without changing anything; an older ledger is refused too.
void check_schema(Database &database, const std::filesystem::path &file);

}  // namespace pictor::host
