#include "service/store/postgres/postgres_error.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "service/base/error.h"
#include "service/base/log.h"

namespace seedance::store::postgres {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

// Whole codes first, then classes of two letters.
constexpr std::array<Row, 29> kCauses = {{
    {PostgresError::kNoAnswer, "no_answer"},
    {"25006", "read_only"},
    {"53100", "disk_full"},
    {"53200", "no_memory"},
    {"53300", "out_of_connections"},
    {"55P03", "lock_timeout"},
    {"57014", "statement_timeout"},
    {"57P03", "starting_or_stopping"},
    {"58030", "input_output"},
    {"40P01", "busy"},
    {"40001", "busy"},
    {"25P03", "connection_lost"},  // Idle in a transaction for too long: the server ended the session.
    {"3D000", "cannot_open"},      // No such database.
    {"3F000", "cannot_open"},      // No such schema.
    {"42501", "cannot_open"},      // Not permitted.
    {"42P01", "cannot_open"},      // No such table: the schema was dropped.
    {"XX001", "corrupt"},
    {"XX002", "corrupt"},
    {"08", "connection_lost"},
    {"22", "invalid_value"},  // A text with NUL, for instance.
    {"23", "constraint"},     // A defect: statements here never violate the schema.
    {"28", "cannot_open"},    // Role or password.
    {"42", "statement"},      // A defect.
    {"53", "out_of_resources"},
    {"54", "too_big"},
    {"57", "connection_lost"},  // The server stops, or ended this session.
    {"58", "input_output"},
    {"F0", "input_output"},
    {"XX", "postgres_internal"},
}};

}  // namespace

std::string_view CauseOf(std::string_view sqlstate) {
  const auto* row =
      std::find_if(kCauses.begin(), kCauses.end(), [&](const Row& r) { return sqlstate.rfind(r.first, 0) == 0; });
  return row == kCauses.end() ? "postgres_error" : row->second;
}

absl::Status StatusOf(const PostgresError& error) {
  const std::string_view cause = CauseOf(error.sqlstate());
  base::Log(base::LogLevel::kError, "store_error",
            {{"cause", cause}, {"sqlstate", error.sqlstate()}, {"message", error.what()}});
  return base::StoreUnavailable(cause);
}

std::string SqlstateIn(std::string_view message) {
  constexpr std::string_view kBefore = ":  ";
  for (size_t at = message.find(kBefore); at != std::string_view::npos; at = message.find(kBefore, at + 1)) {
    const std::string_view code = message.substr(at + kBefore.size(), 6);
    const auto is_letter = [](char letter) {
      return absl::ascii_isdigit(static_cast<unsigned char>(letter)) ||
             absl::ascii_isupper(static_cast<unsigned char>(letter));
    };
    if (code.size() == 6 && code[5] == ':' && std::all_of(code.begin(), code.end() - 1, is_letter)) {
      return std::string(code.substr(0, 5));
    }
  }
  return PostgresError::kConnectionLost;
}

}  // namespace seedance::store::postgres
