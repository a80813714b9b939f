#pragma once

#include "ledger/ledger.hpp"
#include "output/dataset_card.hpp"
#include "run/request.hpp"

#include <filesystem>
#include <span>
#include <vector>

namespace pictor::host {

// What a folder's dataset is called.
std::string dataset_title(const std::filesystem::path &output_dir);

// What a ledger knows for the dataset card of its folder. The models are told of as the job's
// record has them.
CardFacts card_facts(const Ledger &ledger, const std::filesystem::path &output_dir);

// The models as a run has them: settings that change no pixel too, no secrets. Without model_name,
// which the ledger tells.
std::vector<CardModel> card_models(std::span<const RunModel> models);
// Tells of these models instead of those of the job's record.
void describe_models(CardFacts &facts, std::vector<CardModel> models);

}  // namespace pictor::host
