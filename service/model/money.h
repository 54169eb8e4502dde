#ifndef SEEDANCE_SERVICE_MODEL_MONEY_H_
#define SEEDANCE_SERVICE_MODEL_MONEY_H_

#include <cstdint>
#include <string>

namespace seedance::model {

// A sum in whole and millionth units of a currency or of the vendor's unit.
struct Cost {
  std::string currency;  // Empty: unknown.
  int64_t micros = 0;

  friend bool operator==(const Cost&, const Cost&) = default;
};

// What the creation of a group or an asset would cost.
struct CallCost {
  std::string billing_model;  // Under which the vendor bills it. Empty: it bills no such calls.
  Cost cost;                  // Unknown where the configuration has no price of the billing model.

  friend bool operator==(const CallCost&, const CallCost&) = default;
};

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_MONEY_H_
