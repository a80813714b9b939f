#pragma once

#include "ledger/ledger.hpp"
#include "output/dataset_card.hpp"
#include "run/request.hpp"

#include <filesystem>
#include <span>

namespace pictor::host {

// What a folder's dataset is called.
std::string dataset_title(const std::filesystem::path &output_dir);

// What a ledger knows for the dataset card of its folder. The models are told of as the job's
// record has them.
CardFacts card_facts(const Ledger &ledger, const std::filesystem::path &output_dir);

// Tells of the models as this run has them: settings that change no pixel too, no secrets.
void describe_models(CardFacts &facts, std::span<const RunModel> models);

}  // namespace pictor::host
