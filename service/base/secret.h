#ifndef SEEDANCE_SERVICE_BASE_SECRET_H_
#define SEEDANCE_SERVICE_BASE_SECRET_H_

#include <string>
#include <utility>

namespace seedance::base {

// A text that must not be printed: it has no stream operator and no implicit conversion.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  // The text itself; only for the place that sends it.
  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_SECRET_H_
