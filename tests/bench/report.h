#ifndef SEEDANCE_TESTS_BENCH_REPORT_H_
#define SEEDANCE_TESTS_BENCH_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace seedance::bench {

// Median and extremes of some figures.
struct Spread {
  double median = 0;  // Of an even number: the mean of the two in the middle.
  double min = 0;
  double max = 0;

  static Spread Of(std::vector<double> figures);
};

// What the figures of a row are held against.
struct Goal {
  enum class Kind { kAtMost, kAtLeast, kWithin };
  Kind kind = Kind::kAtMost;
  double value = 0;

  static Goal AtMost(double value) { return {Kind::kAtMost, value}; }
  static Goal AtLeast(double value) { return {Kind::kAtLeast, value}; }
  // Not further from 0 than `value`.
  static Goal Within(double value) { return {Kind::kWithin, value}; }
  bool MetBy(double figure) const;
};

// One row of the report: figures of the gateway, and of a yardstick measured right beside them.
struct Row {
  // What is judged. Of each round, then the median of these: rounds lie side by side in time, so a change of the
  // machine's load between two rounds changes both figures of a round and not what they have to do with each other.
  enum class Judged { kFigure, kRatio, kDifference };

  std::string id;    // For programs: `get_task_64`. Unique in the whole report.
  std::string what;  // For people.
  std::string unit;
  std::vector<double> ours;  // One per round.
  std::string yardstick_name;
  std::vector<double> yardstick;  // One per round; empty: there is none.
  Judged judged = Judged::kFigure;
  std::optional<Goal> goal;
  std::string note;
  // Every round must meet the goal, not only their median.
  bool every_round = false;
  // A goal that does not depend on the speed of the machine: missing it fails the bench, in the quick form too.
  bool exact = false;

  // The figures that are judged, one per round.
  std::vector<double> JudgedFigures() const;
  // Nothing without a goal.
  std::optional<bool> Met() const;
  // Why the row is no result; empty when it is one: a figure in every round, all of them finite, and the yardstick too.
  std::string Defect() const;
};

// `0.83`, `31.2`, `48123`: three digits that matter.
std::string FigureText(double figure);

// For people, on one line. `judge` false: says only that there are figures.
std::string LineOf(const Row& row, bool judge);

// For programs, one JSON object on one line.
std::string JsonOf(const std::string& bench, const Row& row);
// The same for a row that was not measured.
std::string SkippedJsonOf(const std::string& bench, const std::string& id, const std::string& what,
                          const std::string& reason);

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_REPORT_H_
