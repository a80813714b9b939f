#include "run/admission.hpp"

#include <map>

namespace pictor::host {

Admission::Admission(std::span<const RunModel> models, const std::vector<PoolMember> &members) {
  std::map<std::string, std::uint32_t> known;
  std::vector<std::vector<PoolMember>> members_of;
  for (std::uint32_t model = 0; model < models.size(); ++model) {
    auto pool = static_cast<std::uint32_t>(members_of.size());
    if (!models[model].pool.empty()) pool = known.emplace(models[model].pool, pool).first->second;
    if (pool == members_of.size()) members_of.emplace_back();
    members_of[pool].push_back(members[model]);
    pool_of_.push_back(pool);
  }
  for (const std::vector<PoolMember> &together : members_of) pools_.emplace_back(together);
}

std::vector<std::uint32_t> Admission::models_beside(std::uint32_t model) const {
  std::vector<std::uint32_t> models;
  for (std::uint32_t other = 0; other < pool_of_.size(); ++other) {
    if (pool_of_[other] == pool_of_[model]) models.push_back(other);
  }
  return models;
}

}  // namespace pictor::host
