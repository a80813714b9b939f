#pragma once

#include "ledger/ledger.hpp"
#include "ledger/sqlite.hpp"

#include <string>

namespace pictor::host {

// A SampleEnd as a row of the table `samples`: the columns in one order, for writing and reading.
std::string insert_sample_sql();
std::string select_samples_sql();  // without WHERE or ORDER BY

void bind_sample(Statement &statement, const SampleEnd &end);
SampleEnd read_sample(const Statement &statement);

}  // namespace pictor::host
