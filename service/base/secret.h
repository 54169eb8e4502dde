#ifndef SEEDANCE_SERVICE_BASE_SECRET_H_
#define SEEDANCE_SERVICE_BASE_SECRET_H_

#include <string>
#include <utility>

namespace seedance::base {

// A text that must not be printed: it has no stream operator and no implicit conversion. A value, as thread-safe as
// std::string.
class Secret {
 public:
  Secret() = default;
  // Explicit, so that no text becomes a secret, or a secret a text, by accident.
  explicit Secret(std::string value) : value_(std::move(value)) {}

  // The text itself. Call it only where the text is sent.
  const std::string& Reveal() const { return value_; }
  // Whether no secret is set.
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace seedance::base

#endif  // SEEDANCE_SERVICE_BASE_SECRET_H_
