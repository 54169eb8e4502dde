#ifndef SEEDANCE_SERVICE_MODEL_MONEY_H_
#define SEEDANCE_SERVICE_MODEL_MONEY_H_

#include <cstdint>
#include <string>

namespace seedance::model {

// An amount in millionths of a unit: of a currency (ISO 4217) or of the vendor's own unit (`points`).
struct Cost {
  // ISO 4217 code, or the vendor's unit.
  std::string currency;  // Empty: unknown.
  // Millionths of `currency`.
  int64_t micros = 0;

  friend bool operator==(const Cost&, const Cost&) = default;
};

// Cost of creating a group or an asset.
struct CallCost {
  // The name in the vendor's price list.
  std::string billing_model;  // The vendor's model that bills it. Empty: not billed.
  Cost cost;                  // Unknown when the configuration has no price for billing_model.

  friend bool operator==(const CallCost&, const CallCost&) = default;
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_MONEY_H_
