#include "service/model/mentions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/base/utf8.h"

namespace seedance::model {
namespace {

using Role = ReferenceRole;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const PromptNotation kChinese = {"@图", "@视频", "@音频"};
const PromptNotation kEnglish = {"@image", "@video", "@audio"};
const PromptNotation kWords = {"Image ", "Video ", "Audio "};

Reference Of(Role role, const std::string& label = "") {
  Reference reference;
  reference.label = label;
  reference.role = role;
  reference.uri = "https://example.com/x";
  return reference;
}

// Two images, a video and two audios, not in the order in which they are sent.
std::vector<Reference> Five() {
  return {Of(Role::kReferenceAudio, "beat"), Of(Role::kReferenceImage, "hero"), Of(Role::kReferenceVideo, "walk-1"),
          Of(Role::kReferenceImage, "Street_2"), Of(Role::kReferenceAudio)};
}

// The parts in one line: text in quotes, labels in braces, numbers with the first letter of their kind.
std::string Parsed(const std::string& prompt) {
  std::string line;
  for (const PromptPart& part : ParsePrompt(prompt)) {
    if (!line.empty()) line += ' ';
    if (part.kind == PromptPart::Kind::kText) line += "'" + std::string(part.text) + "'";
    if (part.kind == PromptPart::Kind::kLabel) line += "{" + std::string(part.label) + "}";
    if (part.kind == PromptPart::Kind::kUnread) line += "?" + std::string(part.text);
    if (part.kind == PromptPart::Kind::kNumber) {
      line += "?IVA"[static_cast<int>(part.type)] + std::to_string(part.number);
    }
  }
  return line;
}

struct Row {
  std::string prompt;
  std::string expected;
};

TEST(ParsePrompt, FindsMentionsAndNothingElse) {
  const std::vector<Row> rows = {
      {"", ""},
      {"a cat", "'a cat'"},
      // The vendors' notations.
      {"@图1", "I1"},
      {"@视频2", "V2"},
      {"@音频3", "A3"},
      {"@图1和@图2", "I1 '和' I2"},
      {"@图1@图2", "I1 I2"},
      {"让@图12走", "'让' I12 '走'"},
      {"@image1", "I1"},
      {"@Image1 @VIDEO2 @aUdIo3", "I1 ' ' V2 ' ' A3"},
      {"@image1abc", "I1 'abc'"},
      {"@image 1", "I1"},
      {"@images1", "'@images1'"},
      {"@image", "'@image'"},
      {"@图", "'@图'"},
      {"@图片1和@图像2", "I1 '和' I2"},
      {"@img1 @Pic2 @picture 3", "I1 ' ' I2 ' ' I3"},
      {"[图1]走", "I1 '走'"},
      {"【视频2】[Audio 3]", "V2 A3"},
      {"[图1", "'[图1'"},
      {"[图1}]", "'[图1}]'"},
      {"[1]", "'[1]'"},
      {"＠图1＠image２", "I1 I2"},
      {"@图 1", "I1"},
      {"@图　１", "I1"},
      {"@图  1", "I1"},
      {"@image 　 1", "I1"},
      {"@图\n1", "'@图\n1'"},
      {"@圖1@圖片2@圖像3", "I1 I2 I3"},
      {"@視頻1和@音頻2", "V1 '和' A2"},
      {"［图1］走", "I1 '走'"},
      {"［图1", "'［图1'"},
      // No addresses.
      {"bob@image1.com", "'bob@image1.com'"},
      {"b.o-b+@video2.example.org", "'b.o-b+@video2.example.org'"},
      {"bob@video2go.com", "'bob@video2go.com'"},
      {"info@img4-cdn.net", "'info@img4-cdn.net'"},
      {"bob@image1mail.com", "'bob@image1mail.com'"},
      {"bob＠image1.com", "'bob＠image1.com'"},
      {"bob@image1mail", "'bob' I1 'mail'"},
      {"bob@image1mail.", "'bob' I1 'mail.'"},
      {"bob@image1", "'bob' I1"},
      {"look @image1.com", "'look ' I1 '.com'"},
      {"go to @image1.", "'go to ' I1 '.'"},
      // Numerals are not read, and not passed over.
      {"@图一", "?@图一"},
      {"让＠图片十二走", "'让' ?＠图片十二 '走'"},
      {"[图二]", "?[图二]"},
      {"@图一样", "?@图一 '样'"},
      {"@图样", "'@图样'"},
      {"图1", "'图1'"},
      {"@", "'@'"},
      {"@@image1", "'@' I1"},
      // Words of prose.
      {"Image 1", "I1"},
      {"Video 1 and Audio 2", "V1 ' and ' A2"},
      {"Image 12", "I12"},
      {"Image １", "I1"},
      {"Video 1２", "V12"},
      {"Image 1's", "I1 ''s'"},
      {"(Image 1)", "'(' I1 ')'"},
      {"Image 1, Image 2.", "I1 ', ' I2 '.'"},
      {"让Image 1走", "'让' I1 '走'"},
      {"MyImage 1", "'MyImage 1'"},
      {"My_Image 1", "'My_Image 1'"},
      {"2Image 1", "'2Image 1'"},
      {"Image 1st", "'Image 1st'"},
      {"Image 1_", "'Image 1_'"},
      {"image 1", "'image 1'"},
      {"IMAGE 1", "'IMAGE 1'"},
      {"Image  1", "'Image  1'"},
      {"Image1", "'Image1'"},
      {"Image one", "'Image one'"},
      {"Images 1", "'Images 1'"},
      {"Image ", "'Image '"},
      {"Image Image 1", "'Image ' I1"},
      // Numbers.
      {"@图0", "I0"},
      {"Image 007", "I7"},
      {"@image99999999999999999999999999999999", "I1000000"},
      {"@图１", "I1"},
      {"@图１２3", "I123"},
      // Looks like a mention, and is not passed over in silence.
      {"@image-1", "?@image-1"},
      {"@image_1 @图#2 @video(3)", "?@image_1 ' ' ?@图#2 ' ' ?@video(3 ')'"},
      {"[image-1]", "?[image-1 ']'"},
      {"@图（１）", "?@图（１ '）'"},
      {"@image-", "'@image-'"},
      {"@image-a1", "'@image-a1'"},
      {"bob@image-1.com", "'bob@image-1.com'"},
      // Labels.
      {"{hero}", "{hero}"},
      {"{hero}2", "{hero} '2'"},
      {"{a}{b}", "{a} {b}"},
      {"让{A-b_9}走", "'让' {A-b_9} '走'"},
      {"{" + std::string(32, 'x') + "}", "{" + std::string(32, 'x') + "}"},
      {"{" + std::string(33, 'x') + "}", "'{" + std::string(33, 'x') + "}'"},
      {"{}", "'{}'"},
      {"{ hero }", "'{ hero }'"},
      {"{英雄}", "'{英雄}'"},
      {"{hero", "'{hero'"},
      {"hero}", "'hero}'"},
      {"{", "'{'"},
      {"}", "'}'"},
      {"{a{b}", "'{a' {b}"},
      {"{\"size\": 3}", "'{\"size\": 3}'"},
      // Braces that are meant as such.
      {"{{", "'{{'"},
      {"}}", "'}}'"},
      {"{{hero}}", "'{hero}'"},
      {"a{{hero}}b", "'a' '{hero}' 'b'"},
      {"{{{hero}}}", "'{' '{hero}' '}'"},
      {"{{hero}", "'{' {hero}"},
      {"{hero}}", "{hero} '}'"},
      {"{{@图1}}", "'{{' I1 '}}'"},
      {"{\"a\":{\"b\":1}}", "'{\"a\":{\"b\":1}}'"},
  };
  for (const Row& row : rows) EXPECT_EQ(Parsed(row.prompt), row.expected) << row.prompt;
}

TEST(ParsePrompt, PlainTextPartsAreCharactersOfUtf8) {
  const std::string prompt = "猫😀@图1é{hero}ñ{{ü}}日本@音频";
  for (const PromptPart& part : ParsePrompt(prompt)) {
    const std::string text(part.text);
    EXPECT_EQ(base::ToUtf8(text), text);
  }
}

TEST(ParsePrompt, BytesThatAreNoUtf8AreKept) {
  const std::string prompt =
      "\xff@\xe5\x9b@\xe5\x9b\xbe"
      "1\xe5{\xff}";
  std::string joined;
  for (const PromptPart& part : ParsePrompt(prompt)) joined += part.text;
  EXPECT_EQ(joined, prompt);
}

TEST(ParsePrompt, TakesLinearTimeForHostileText) {
  // Quadratic work on these would take longer than a test may.
  constexpr size_t kRepeats = 50'000;
  for (const std::string unit : {"{", "}", "{x", "@", "@图", "Image ", "Image 1_", "1", "{hero}", "@image1", "[图1",
                                 "[图", "@图一", "＠", "b@image1.c", "b@image1-", "@图 ", "@image-1", "［图"}) {
    std::string prompt;
    for (size_t i = 0; i < kRepeats; ++i) prompt += unit;
    EXPECT_FALSE(ParsePrompt(prompt).empty()) << unit;
  }
  EXPECT_EQ(Parsed("Image " + std::string(kRepeats, '1') + "x").size(), kRepeats + 9);
}

TEST(RenderPrompt, EveryNotationBecomesTheVendors) {
  const std::string prompt = "{hero}, {Street_2}: @图1 @视频1 @音频2; @IMAGE2 @video1 @Audio1; Image 1 Video 1 Audio 2";
  EXPECT_EQ(RenderPrompt(prompt, Five(), kChinese).text,
            "@图1, @图2: @图1 @视频1 @音频2; @图2 @视频1 @音频1; @图1 @视频1 @音频2");
  EXPECT_EQ(RenderPrompt(prompt, Five(), kEnglish).text,
            "@image1, @image2: @image1 @video1 @audio2; @image2 @video1 @audio1; @image1 @video1 @audio2");
  EXPECT_EQ(RenderPrompt(prompt, Five(), kWords).text,
            "Image 1, Image 2: Image 1 Video 1 Audio 2; Image 2 Video 1 Audio 1; Image 1 Video 1 Audio 2");
}

TEST(RenderPrompt, LabelsBecomeTheNumberAmongTheirKind) {
  EXPECT_EQ(RenderPrompt("{beat}{walk-1}{Street_2}{hero}", Five(), kEnglish).text, "@audio1@video1@image2@image1");
}

TEST(RenderPrompt, FramesCountAmongTheImagesTheFirstOneFirst) {
  const std::vector<Reference> frames = {Of(Role::kLastFrame, "end"), Of(Role::kFirstFrame, "start")};
  const RenderedPrompt rendered = RenderPrompt("from {start} to {end}, @image2", frames, kEnglish);
  EXPECT_EQ(rendered.text, "from @image1 to @image2, @image2");
  EXPECT_THAT(rendered.faults, IsEmpty());
}

TEST(RenderPrompt, ShapesAreNoMentionsAndASpaceBehindTheMarkIsAllowed) {
  EXPECT_EQ(RenderPrompt("Image 16:9, Video 4:3", {}, kChinese).text, "Image 16:9, Video 4:3");
  EXPECT_THAT(RenderPrompt("Image 16:9, Video 4:3", {}, kChinese).faults, IsEmpty());
  EXPECT_EQ(RenderPrompt("Image 1: hero", Five(), kChinese).text, "@图1: hero");
  EXPECT_EQ(RenderPrompt("@Image 1 and @video 1", Five(), kChinese).text, "@图1 and @视频1");
  EXPECT_EQ(RenderPrompt("@image of 1", Five(), kChinese).text, "@image of 1");
}

TEST(RenderPrompt, NoNumberRunsIntoWhatFollows) {
  EXPECT_EQ(RenderPrompt("{hero}2", Five(), kChinese).text, "@图1 2");
  EXPECT_EQ(RenderPrompt("{hero}s", Five(), kChinese).text, "@图1 s");
  EXPECT_EQ(RenderPrompt("{hero}_x", Five(), kWords).text, "Image 1 _x");
  EXPECT_EQ(RenderPrompt("@image1abc", Five(), kEnglish).text, "@image1 abc");
  EXPECT_EQ(RenderPrompt("{hero}和{Street_2}", Five(), kChinese).text, "@图1和@图2");
  EXPECT_EQ(RenderPrompt("{hero}{{2", Five(), kChinese).text, "@图1{{2");
  EXPECT_EQ(RenderPrompt("{hero}'s", Five(), kWords).text, "Image 1's");
}

TEST(RenderPrompt, NoWordRunsIntoWhatStandsBefore) {
  EXPECT_EQ(RenderPrompt("my{hero}", Five(), kWords).text, "my Image 1");
  EXPECT_EQ(RenderPrompt("{hero}{Street_2}", Five(), kWords).text, "Image 1 Image 2");
  EXPECT_EQ(RenderPrompt("让{hero}走", Five(), kWords).text, "让Image 1走");
  EXPECT_EQ(RenderPrompt("my{hero}", Five(), kEnglish).text, "my@image1");
}

TEST(RenderPrompt, RenderingTwiceChangesNothing) {
  for (const PromptNotation& notation : {kChinese, kEnglish, kWords}) {
    const std::string once = RenderPrompt("my{hero}2, @图2和{beat}x @视频1", Five(), notation).text;
    EXPECT_EQ(RenderPrompt(once, Five(), notation).text, once);
  }
}

TEST(RenderPrompt, PlainTextStaysByteForByte) {
  const std::string prompt = "猫😀 {\"a\": [1, {2}]} mail me@example.com, Image one\n\t\"{ x }\"";
  // `{2}` is a label that nothing has.
  EXPECT_EQ(RenderPrompt(prompt, Five(), kChinese).faults.size(), 1u);
  const std::string plain = "猫😀 {\"a\": [1, {\"b\": 2} ]} mail me@example.com, Image one\n\t\"{ x }\"";
  const RenderedPrompt rendered = RenderPrompt(plain, Five(), kChinese);
  EXPECT_EQ(rendered.text, plain);
  EXPECT_THAT(rendered.faults, IsEmpty());
  EXPECT_EQ(RenderPrompt("{{hero}} and }}", Five(), kChinese).text, "{hero} and }}");
}

TEST(RenderPrompt, AMentionWithoutReferenceIsNamedWithWhatThereIs) {
  EXPECT_THAT(RenderPrompt("@图3", Five(), kChinese).faults,
              ElementsAre("mentions `@图3`, but there are 2 images among the references"));
  EXPECT_THAT(RenderPrompt("Video 2", Five(), kChinese).faults,
              ElementsAre("mentions `Video 2`, but there is 1 video among the references"));
  EXPECT_THAT(RenderPrompt("@audio1", {}, kChinese).faults,
              ElementsAre("mentions `@audio1`, but there are 0 audios among the references"));
  EXPECT_THAT(RenderPrompt("@image0", Five(), kChinese).faults, ElementsAre(HasSubstr("`@image0`")));
  EXPECT_THAT(
      RenderPrompt("{villain}", Five(), kChinese).faults,
      ElementsAre("mentions `{villain}`, but no reference has this label; to send it as text, write `{{villain}}`"));
  EXPECT_THAT(RenderPrompt("{Hero}", Five(), kChinese).faults, ElementsAre(HasSubstr("`{Hero}`")));
}

TEST(RenderPrompt, WithoutLabelsBracesAreText) {
  const std::vector<Reference> plain = {Of(Role::kReferenceImage), Of(Role::kReferenceVideo)};
  const RenderedPrompt rendered = RenderPrompt("@图1 says {Hello}2 to @视频1, {{bye}}", plain, kWords);
  EXPECT_EQ(rendered.text, "Image 1 says {Hello}2 to Video 1, {bye}");
  EXPECT_THAT(rendered.faults, IsEmpty());
  EXPECT_THAT(rendered.warnings, IsEmpty());
  EXPECT_THAT(RenderPrompt("{Hello}", {}, kWords).faults, IsEmpty());
}

TEST(RenderPrompt, WhatLooksLikeAMentionIsOneOrIsToldOf) {
  const RenderedPrompt rendered = RenderPrompt("@图片1 [视频1] ＠audio２ @img2", Five(), kEnglish);
  EXPECT_EQ(rendered.text, "@image1 @video1 @audio2 @image2");
  EXPECT_THAT(rendered.warnings, IsEmpty());
  const RenderedPrompt numerals = RenderPrompt("@图一和@图一, [音频二]", Five(), kEnglish);
  EXPECT_EQ(numerals.text, "@图一和@图一, [音频二]");
  EXPECT_THAT(numerals.faults, IsEmpty());
  EXPECT_THAT(numerals.warnings, ElementsAre(HasSubstr("`@图一`"), HasSubstr("`[音频二]`")));
  std::string many;
  for (const char* tens : {"", "十", "百"}) {
    for (const char* ones : {"一", "二", "三", "四", "五", "六"}) many += "@图" + std::string(tens) + ones + " ";
  }
  EXPECT_EQ(RenderPrompt(many, Five(), kEnglish).warnings.size(), 10u);
}

TEST(RenderPrompt, NoMentionRunsIntoAFullWidthDigit) {
  EXPECT_EQ(RenderPrompt("{hero}２", Five(), kChinese).text, "@图1 ２");
  EXPECT_EQ(RenderPrompt(RenderPrompt("{hero}２", Five(), kChinese).text, Five(), kChinese).text, "@图1 ２");
}

TEST(RenderPrompt, EachFaultIsToldOnceAndManyAreCut) {
  EXPECT_THAT(RenderPrompt("@图3 @图3 {x} @图4 {x}", Five(), kChinese).faults,
              ElementsAre(HasSubstr("@图3"), HasSubstr("{x}"), HasSubstr("@图4")));
  std::string many;
  for (int i = 10; i < 100'000; ++i) many += "@image" + std::to_string(i);
  EXPECT_EQ(RenderPrompt(many, Five(), kChinese).faults.size(), 10u);
  EXPECT_LT(RenderPrompt("@图" + std::string(100'000, '9'), Five(), kChinese).faults.at(0).size(), 200u);
  std::string wide = "@图";
  std::string numerals = "@图";
  for (int i = 0; i < 100; ++i) {
    wide += "９";
    numerals += "九";
  }
  for (const std::string& text :
       {RenderPrompt(wide, Five(), kChinese).faults.at(0), RenderPrompt(numerals, Five(), kChinese).warnings.at(0)}) {
    EXPECT_EQ(base::ToUtf8(text), text) << "cut between characters";
    EXPECT_LT(text.size(), 200u);
  }
}

TEST(RenderPrompt, TellsWhichReferencesAreMentioned) {
  EXPECT_THAT(RenderPrompt("{hero} @audio2", Five(), kChinese).mentioned, ElementsAre(false, true, false, false, true));
  EXPECT_THAT(RenderPrompt("no mention", Five(), kChinese).mentioned, ElementsAre(false, false, false, false, false));
}

TEST(RenderPrompt, AReferenceOfUnknownKindMayBeTheOneThatIsMeant) {
  const std::vector<Reference> references = {Of(Role::kUnspecified, "x"), Of(Role::kReferenceImage)};
  EXPECT_THAT(RenderPrompt("@image2 @video1 {x}", references, kChinese).faults, IsEmpty());
  EXPECT_THAT(RenderPrompt("@image3", references, kChinese).faults, ElementsAre(HasSubstr("`@image3`")));
}

}  // namespace
}  // namespace seedance::model
