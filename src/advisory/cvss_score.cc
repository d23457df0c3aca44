// SPDX-License-Identifier: Apache-2.0
#include "advisory/cvss_score.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace suture {
namespace {

/// The value of a metric, "L" of "AV:L"; 0 when it is not there, or twice.
char metric(std::string_view vector, std::string_view name) {
  char value = 0;
  while (!vector.empty()) {
    const std::string_view part = vector.substr(0, vector.find('/'));
    vector.remove_prefix(std::min(vector.size(), part.size() + 1));
    if (part.size() != name.size() + 2 || !part.starts_with(name) || part[name.size()] != ':') continue;
    if (value != 0) return 0;
    value = part.back();
  }
  return value;
}

struct Weight {
  char value;
  double weight;
};

template <std::size_t N>
std::optional<double> weigh(char value, const std::array<Weight, N>& weights) {
  const auto found = std::ranges::find(weights, value, &Weight::value);
  return found == weights.end() ? std::nullopt : std::optional(found->weight);
}

/// To one decimal, upwards; appendix A has it so that floating point does not matter.
double round_up(double value) {
  const auto hundred_thousandths = static_cast<long>(std::lround(value * 100000));
  if (hundred_thousandths % 10000 == 0) return static_cast<double>(hundred_thousandths) / 100000;
  const long tenths = hundred_thousandths / 10000 + 1;
  return static_cast<double>(tenths) / 10;
}

}  // namespace

std::optional<double> cvss3_base_score(std::string_view vector) {
  if (!vector.starts_with("CVSS:3.0/") && !vector.starts_with("CVSS:3.1/")) return std::nullopt;
  const char scope = metric(vector, "S");
  if (scope != 'U' && scope != 'C') return std::nullopt;
  const bool changed = scope == 'C';
  const auto attack = weigh(metric(vector, "AV"), std::array{Weight{'N', 0.85}, Weight{'A', 0.62},
                                                             Weight{'L', 0.55}, Weight{'P', 0.2}});
  const auto complexity = weigh(metric(vector, "AC"), std::array{Weight{'L', 0.77}, Weight{'H', 0.44}});
  const auto privileges = weigh(
      metric(vector, "PR"),
      std::array{Weight{'N', 0.85}, Weight{'L', changed ? 0.68 : 0.62}, Weight{'H', changed ? 0.5 : 0.27}});
  const auto interaction = weigh(metric(vector, "UI"), std::array{Weight{'N', 0.85}, Weight{'R', 0.62}});
  constexpr std::array kImpacts{Weight{'H', 0.56}, Weight{'L', 0.22}, Weight{'N', 0}};
  const auto confidentiality = weigh(metric(vector, "C"), kImpacts);
  const auto integrity = weigh(metric(vector, "I"), kImpacts);
  const auto availability = weigh(metric(vector, "A"), kImpacts);
  if (!attack || !complexity || !privileges || !interaction || !confidentiality || !integrity ||
      !availability) {
    return std::nullopt;
  }
  const double loss = 1 - (1 - *confidentiality) * (1 - *integrity) * (1 - *availability);
  const double impact = changed ? 7.52 * (loss - 0.029) - 3.25 * std::pow(loss - 0.02, 15) : 6.42 * loss;
  if (impact <= 0) return 0;
  const double exploitability = 8.22 * *attack * *complexity * *privileges * *interaction;
  return round_up(std::min((changed ? 1.08 : 1) * (impact + exploitability), 10.0));
}

}  // namespace suture
