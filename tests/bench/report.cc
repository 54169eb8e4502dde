#include "tests/bench/report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace seedance::bench {
namespace {

using Json = nlohmann::json;

const char* JudgedName(Row::Judged judged) {
  switch (judged) {
    case Row::Judged::kRatio:
      return "ratio";
    case Row::Judged::kDifference:
      return "difference";
    case Row::Judged::kFigure:
      break;
  }
  return "figure";
}

const char* GoalName(Goal::Kind kind) {
  switch (kind) {
    case Goal::Kind::kAtLeast:
      return "at_least";
    case Goal::Kind::kWithin:
      return "within";
    case Goal::Kind::kAtMost:
      break;
  }
  return "at_most";
}

const char* GoalSign(Goal::Kind kind) {
  switch (kind) {
    case Goal::Kind::kAtLeast:
      return ">= ";
    case Goal::Kind::kWithin:
      return "+-";
    case Goal::Kind::kAtMost:
      break;
  }
  return "<= ";
}

std::string SpreadText(const std::vector<double>& figures) {
  const Spread spread = Spread::Of(figures);
  if (figures.size() == 1) return FigureText(spread.median);
  return absl::StrCat(FigureText(spread.median), " (", FigureText(spread.min), "-", FigureText(spread.max), ")");
}

Json SpreadJson(const std::vector<double>& figures) {
  const Spread spread = Spread::Of(figures);
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}, {"rounds", figures}};
}

bool AllFinite(const std::vector<double>& figures) {
  return std::all_of(figures.begin(), figures.end(), [](double figure) { return std::isfinite(figure); });
}

}  // namespace

bool Goal::MetBy(double figure) const {
  switch (kind) {
    case Kind::kAtLeast:
      return figure >= value;
    case Kind::kWithin:
      return std::fabs(figure) <= value;
    case Kind::kAtMost:
      break;
  }
  return figure <= value;
}

Spread Spread::Of(std::vector<double> figures) {
  if (figures.empty()) return {};
  std::sort(figures.begin(), figures.end());
  const size_t half = figures.size() / 2;
  const double median = figures.size() % 2 == 1 ? figures[half] : (figures[half - 1] + figures[half]) / 2;
  return {median, figures.front(), figures.back()};
}

std::vector<double> Row::JudgedFigures() const {
  if (judged == Judged::kFigure) return ours;
  std::vector<double> figures;
  for (size_t i = 0; i < std::min(ours.size(), yardstick.size()); ++i) {
    figures.push_back(judged == Judged::kRatio ? ours[i] / yardstick[i] : ours[i] - yardstick[i]);
  }
  return figures;
}

std::optional<bool> Row::Met() const {
  if (!goal.has_value()) return std::nullopt;
  const std::vector<double> figures = JudgedFigures();
  if (!every_round) return goal->MetBy(Spread::Of(figures).median);
  return std::all_of(figures.begin(), figures.end(), [this](double figure) { return goal->MetBy(figure); });
}

std::string Row::Defect() const {
  if (ours.empty()) return "there are no figures";
  if (!AllFinite(ours) || !AllFinite(yardstick)) return "a figure is not a number";
  if (!yardstick.empty() && yardstick.size() != ours.size()) return "the yardstick lacks rounds";
  if (judged != Judged::kFigure && yardstick.empty()) return "there is no yardstick";
  if (!AllFinite(JudgedFigures())) return "the yardstick is nothing";
  return "";
}

std::string FigureText(double figure) {
  const double size = std::fabs(figure);
  if (figure == std::floor(figure) && size < 1e9) return absl::StrFormat("%.0f", figure);
  if (size >= 1000) return absl::StrFormat("%.0f", figure);
  if (size >= 100) return absl::StrFormat("%.1f", figure);
  if (size >= 1) return absl::StrFormat("%.2f", figure);
  return absl::StrFormat("%.3f", figure);
}

std::string LineOf(const Row& row, bool judge) {
  const std::string name = absl::StrFormat("%-28s", row.id);
  if (!judge) return absl::StrCat(name, " works, ", row.ours.size(), " rounds");
  std::string line = absl::StrCat(name, " ", SpreadText(row.ours), " ", row.unit);
  if (!row.yardstick.empty()) absl::StrAppend(&line, "; ", row.yardstick_name, " ", SpreadText(row.yardstick));
  if (row.judged != Row::Judged::kFigure) {
    absl::StrAppend(&line, "; ", JudgedName(row.judged), " ", SpreadText(row.JudgedFigures()));
  }
  if (row.goal.has_value()) {
    absl::StrAppend(&line, "; goal ", GoalSign(row.goal->kind), FigureText(row.goal->value),
                    *row.Met() ? ": met" : ": MISSED");
  }
  if (!row.note.empty()) absl::StrAppend(&line, " [", row.note, "]");
  return line;
}

std::string JsonOf(const std::string& bench, const Row& row) {
  Json json = {{"bench", bench},
               {"id", row.id},
               {"what", row.what},
               {"unit", row.unit},
               {"ours", SpreadJson(row.ours)},
               {"judged", JudgedName(row.judged)},
               {"note", row.note}};
  if (!row.yardstick.empty()) {
    json["yardstick"] = SpreadJson(row.yardstick);
    json["yardstick"]["name"] = row.yardstick_name;
  }
  if (row.judged != Row::Judged::kFigure) json[JudgedName(row.judged)] = SpreadJson(row.JudgedFigures());
  if (row.goal.has_value()) {
    json["goal"] = {{GoalName(row.goal->kind), row.goal->value}};
    json["met"] = *row.Met();
  }
  return json.dump();
}

std::string SkippedJsonOf(const std::string& bench, const std::string& id, const std::string& what,
                          const std::string& reason) {
  return Json{{"bench", bench}, {"id", id}, {"what", what}, {"skipped", reason}}.dump();
}

}  // namespace seedance::bench
