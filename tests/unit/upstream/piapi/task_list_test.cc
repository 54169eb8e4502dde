// PiAPI's list of tasks, whose shape nobody documents, and its cancel.
#include "service/upstream/piapi/task_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/base/error.h"
#include "service/upstream/piapi/piapi.h"
#include "tests/unit/upstream/scripted_transport.h"

namespace seedance::upstream {
namespace {

using base::Reason;
using model::TaskState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kSince = absl::FromUnixSeconds(1'782'979'200);  // 2026-07-02T08:00:00Z
constexpr char kTime[] = "2026-07-02T08:20:00Z";

// A vendor that is a function of the request's URL.
class UrlTransport : public http::HttpTransport {
 public:
  using Vendor = std::function<http::HttpReply(const http::HttpRequest&)>;
  UrlTransport(Vendor vendor, std::vector<http::HttpRequest>& requests)
      : vendor_(std::move(vendor)), requests_(requests) {}

  http::HttpReply Send(const http::HttpRequest& request) override {
    requests_.push_back(request);
    return vendor_(request);
  }
  http::HttpReply Fetch(const http::HttpRequest& request, http::ByteSink&) override { return Send(request); }

 private:
  const Vendor vendor_;
  std::vector<http::HttpRequest>& requests_;
};

class PiApiTaskListTest : public ::testing::Test {
 protected:
  void Vendor(UrlTransport::Vendor vendor) {
    options_.api_key = base::Secret("0123456789abcdef-key");
    options_.profile.default_model = "seedance-2";
    piapi_ = MakePiApi(options_, std::make_unique<UrlTransport>(std::move(vendor), requests_), clock_);
  }
  void Always(http::HttpOutcome outcome, int status, const std::string& body) {
    Vendor([=](const http::HttpRequest&) { return Answer(outcome, status, body); });
  }
  void Says(const std::string& body) { Always(http::HttpOutcome::kReply, 200, body); }

  static TaskSearch Search(const std::string& prompt = "a fox runs") {
    TaskSearch search;
    search.task.model = "seedance-2-fast";
    search.task.prompt = search.task.sent_prompt = prompt;
    search.task.duration_seconds = 5;
    search.since = kSince;
    search.until = kSince + absl::Hours(1);
    return search;
  }

  static std::string Item(const std::string& id, const std::string& prompt = "a fox runs",
                          const std::string& created = kTime, const std::string& type = "seedance-2-fast",
                          int duration = 5) {
    return absl::StrCat(R"({"task_id":")", id, R"(","model":"seedance","task_type":")", type,
                        R"(","status":"Processing","input":{"prompt":")", prompt, R"(","duration":)", duration,
                        R"(},"meta":{"created_at":")", created, R"("}})");
  }

  // Ids that a search finds, or the reason of its error.
  std::vector<std::string> Found(const TaskSearch& search = Search()) {
    const auto found = piapi_->task_list()->FindTasks({}, search);
    if (!found.ok()) return {std::string(base::ReasonName(base::GetReason(found.status())))};
    std::vector<std::string> ids;
    for (const TaskSighting& sighting : *found) ids.push_back(sighting.id);
    return ids;
  }

  base::SimulatedClock clock_{kSince + absl::Minutes(30)};
  PiApiOptions options_;
  std::vector<http::HttpRequest> requests_;
  std::unique_ptr<Upstream> piapi_;
};

TEST_F(PiApiTaskListTest, TheListMayStandAnywhere) {
  const std::string list = absl::StrCat("[", Item("t1"), "]");
  for (const std::string& body : {
           absl::StrCat(R"({"code":200,"data":)", list, "}"),
           absl::StrCat(R"({"code":200,"data":{"tasks":)", list, R"(,"total":1}})"),
           absl::StrCat(R"({"code":200,"data":{"items":)", list, "}}"),
           absl::StrCat(R"({"code":200,"data":{"list":)", list, "}}"),
           absl::StrCat(R"({"code":200,"data":{"histories":)", list, "}}"),
           absl::StrCat(R"({"tasks":)", list, "}"),
           list,
       }) {
    Says(body);
    EXPECT_THAT(Found(), ElementsAre("t1")) << body;
  }
}

TEST_F(PiApiTaskListTest, AnEmptyListIsNoError) {
  for (const char* body : {R"({"code":200,"data":[]})", R"({"code":200,"data":null})",
                           R"({"code":200,"data":{"tasks":null,"total":0}})", "[]"}) {
    Says(body);
    EXPECT_THAT(Found(), IsEmpty()) << body;
  }
}

TEST_F(PiApiTaskListTest, WhatIsNoListIsAnErrorAndNotAnEmptyList) {
  for (const char* body : {"{}", "<html>", R"({"code":500,"message":"oops"})", R"({"code":200,"data":{"a":1}})"}) {
    Says(body);
    EXPECT_FALSE(piapi_->task_list()->FindTasks({}, Search()).ok()) << body;
  }
  Always(http::HttpOutcome::kReply, 404, R"({"code":404,"message":"no such path"})");
  EXPECT_THAT(Found(), ElementsAre("UPSTREAM_PROTOCOL")) << "a missing list says nothing about a task";
  Always(http::HttpOutcome::kNoReply, 0, "");
  EXPECT_THAT(Found(), ElementsAre("UPSTREAM_UNAVAILABLE"));
}

TEST_F(PiApiTaskListTest, OnlyWhatDiffersInNothingIsFound) {
  Says(absl::StrCat(
      R"({"code":200,"data":[)", Item("good"), ",", Item("prompt", "a dog runs"), ",",
      Item("type", "a fox runs", kTime, "seedance-2"), ",", Item("longer", "a fox runs", kTime, "seedance-2-fast", 8),
      ",", Item("early", "a fox runs", "2026-07-02T07:00:00Z"), ",", Item("late", "a fox runs", "2026-07-02T10:00:00Z"),
      R"(,{"task_id":"kling","model":"kling","meta":{"created_at":")", kTime, R"("}}]})"));
  EXPECT_THAT(Found(), ElementsAre("good"));
  const TaskSighting sighting = piapi_->task_list()->FindTasks({}, Search())->front();
  EXPECT_TRUE(sighting.same_prompt);
  EXPECT_EQ(sighting.state, TaskState::kRunning);
  EXPECT_EQ(sighting.create_time, kSince + absl::Minutes(20));
}

TEST_F(PiApiTaskListTest, MentionsAreTheSameInEveryNotationOfTheVendor) {
  Says(absl::StrCat(R"({"code":200,"data":[)", Item("t1", "Image 1  walks to Audio 2"), "]}"));
  EXPECT_THAT(Found(Search("@image1 walks to @audio2 ")), ElementsAre("t1"));
  EXPECT_THAT(Found(Search("@image2 walks to @audio2")), IsEmpty());
}

TEST_F(PiApiTaskListTest, AnItemThatShowsLittleIsFoundButNotBelieved) {
  Says(R"({"code":200,"data":[{"task_id":"bare"}]})");
  const auto found = piapi_->task_list()->FindTasks({}, Search());
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_FALSE(found->front().same_prompt);
  EXPECT_FALSE(found->front().create_time.has_value());
}

TEST_F(PiApiTaskListTest, AllPagesAreReadUntilTheyRepeat) {
  Vendor([](const http::HttpRequest& request) {
    // Two pages of ten, whatever size is asked for; the last one again and again.
    const int page = absl::StrContains(request.url, "?page=1&") ? 0 : 1;
    std::vector<std::string> items;
    for (int i = 0; i < 10; ++i) items.push_back(Item(absl::StrCat("t", page * 10 + i)));
    return Answer(http::HttpOutcome::kReply, 200,
                  absl::StrCat(R"({"code":200,"data":[)", absl::StrJoin(items, ","), "]}"));
  });
  EXPECT_THAT(Found(), SizeIs(20));
  EXPECT_THAT(requests_, SizeIs(3));
}

TEST_F(PiApiTaskListTest, ASortedListIsLeftOnceItIsTooOld) {
  Vendor([](const http::HttpRequest&) {
    return Answer(
        http::HttpOutcome::kReply, 200,
        absl::StrCat(R"({"code":200,"data":[)", Item("new"), ",", Item("old", "x", "2026-07-01T08:00:00Z"), "]}"));
  });
  EXPECT_THAT(Found(), ElementsAre("new"));
  EXPECT_THAT(requests_, SizeIs(1));
  requests_.clear();
  // Not sorted: what is looked for may still come.
  Vendor([](const http::HttpRequest& request) {
    const bool first = absl::StrContains(request.url, "?page=1&");
    return Answer(
        http::HttpOutcome::kReply, 200,
        absl::StrCat(R"({"code":200,"data":[)",
                     first ? Item("a", "x", "2026-07-01T08:00:00Z") + "," + Item("b", "x", "2026-07-01T09:00:00Z")
                           : Item("sought"),
                     "]}"));
  });
  EXPECT_THAT(Found(), ElementsAre("sought"));
}

TEST_F(PiApiTaskListTest, TheVendorIsToldWhatIsSought) {
  options_.paths.task_list = "/list";
  Says(R"({"code":200,"data":[]})");
  EXPECT_TRUE(piapi_->profile().lists_tasks);
  EXPECT_THAT(Found(), IsEmpty());
  EXPECT_EQ(requests_[0].method, "GET");
  EXPECT_THAT(requests_[0].url, HasSubstr("/list?page=1&page_size=100&model=seedance&start_time=1782979200&end_time="
                                          "1782982800"));
  options_.paths.task_list.clear();
  Says("");
  EXPECT_FALSE(piapi_->profile().lists_tasks);
  EXPECT_EQ(piapi_->task_list(), nullptr);
}

class PiApiCancelTest : public PiApiTaskListTest {
 protected:
  PiApiCancelTest() { options_.paths.task_cancel = "/api/v1/task/{id}"; }
  Reason Cancel() { return base::GetReason(piapi_->cancels()->CancelTask({}, "t/1")); }
};

TEST_F(PiApiCancelTest, WhatTheVendorTakesBackIsOk) {
  Says(R"({"code":200,"message":"task t canceled"})");
  EXPECT_TRUE(piapi_->profile().cancels_tasks);
  EXPECT_EQ(Cancel(), Reason::kUnspecified);
  EXPECT_EQ(requests_[0].method, "DELETE");
  EXPECT_THAT(requests_[0].url, HasSubstr("/api/v1/task/t%2F1"));
  options_.paths.task_cancel.clear();
  Says("");
  EXPECT_FALSE(piapi_->profile().cancels_tasks);
  EXPECT_EQ(piapi_->cancels(), nullptr);
}

TEST_F(PiApiCancelTest, ARefusalIsToldApartFromADoubt) {
  Always(http::HttpOutcome::kReply, 400, R"({"code":400,"message":"only pending tasks can be canceled"})");
  EXPECT_EQ(Cancel(), Reason::kCancelUnsupported);
  Says(R"({"code":400,"message":"only pending tasks can be canceled"})");
  EXPECT_EQ(Cancel(), Reason::kCancelUnsupported);
  for (const int status : {401, 403, 404, 408, 429, 500, 502}) {
    Always(http::HttpOutcome::kReply, status, R"({"code":1,"message":"no"})");
    EXPECT_NE(Cancel(), Reason::kCancelUnsupported) << status;
    EXPECT_NE(Cancel(), Reason::kUnspecified) << status;
  }
  Always(http::HttpOutcome::kReply, 400, "<html>a proxy's page</html>");
  EXPECT_NE(Cancel(), Reason::kCancelUnsupported);
  Always(http::HttpOutcome::kNoReply, 0, "");
  EXPECT_EQ(Cancel(), Reason::kUpstreamUnavailable);
}

}  // namespace
}  // namespace seedance::upstream
