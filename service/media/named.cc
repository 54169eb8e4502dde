#include <utility>

#include "service/media/parsers.h"

// Tests: tests/unit/media/sniff_test.cc

namespace seedance::media {
namespace {

class Named : public Parser {
 public:
  Named(model::MediaType type, std::string_view container) : Parser(type, container) {
    Know();
    Rest();
  }
};

class UnknownFormat : public Parser {
 public:
  explicit UnknownFormat(std::string problem) : Parser(model::MediaType::kUnspecified, "") {
    Unknown(std::move(problem));
  }
};

}  // namespace

std::unique_ptr<Parser> MakeNamed(model::MediaType type, std::string_view container) {
  return std::make_unique<Named>(type, container);
}

std::unique_ptr<Parser> MakeUnknown(std::string problem) { return std::make_unique<UnknownFormat>(std::move(problem)); }

}  // namespace seedance::media
