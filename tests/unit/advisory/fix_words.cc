// SPDX-License-Identifier: Apache-2.0
//
// Subjects are those of real commits.
#include "advisory/fix_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// As the subject has them, without other names for them.
std::vector<std::string> places(std::string_view title) {
  std::vector<std::string> first;
  for (const auto& names : fix_words(title, {}).places) first.push_back(names.front());
  return first;
}

TEST(FixWords, PlacesStandInFrontOfColons) {
  EXPECT_THAT(places("net/sched: act_csum: validate nested VLAN headers"),
              ElementsAre("net", "sched", "act_csum"));
  EXPECT_THAT(places("hwmon: (corsair-cpro) Stop device IO before calling hid_hw_stop"),
              ElementsAre("hwmon", "corsair-cpro"));
  EXPECT_THAT(places("crypto: caam - use print_hex_dump_devel to guard key hex dumps"),
              ElementsAre("crypto", "caam"));
  EXPECT_THAT(places("net, bpf: check master for NULL in xdp_master_redirect()"), ElementsAre("net", "bpf"));
  EXPECT_THAT(places("kcm.c: fix a leak"), ElementsAre("kcm"));
  EXPECT_THAT(places("a sentence that has a colon: it is no place"), IsEmpty());
}

TEST(FixWords, PlacesHaveOtherNamesInTheTree) {
  EXPECT_THAT(fix_words("ALSA: core: Fix use-after-free in snd_card_do_free()", {}).places,
              Contains(ElementsAre("alsa", "sound")));
  EXPECT_THAT(fix_words("octeontx2-vf: fix workqueue", {}).places,
              ElementsAre(ElementsAre("octeontx2-vf", "octeontx2_vf")));
}

TEST(FixWords, NamesOfCodeAreKeptWhole) {
  const FixWords words =
      fix_words("HID: sony: fix UAF of ghl_poke_timer / ghl_urb in probe()", "See struct sc.");
  EXPECT_THAT(words.names, ElementsAre("ghl_poke_timer", "ghl_urb", "probe"));
  EXPECT_THAT(words.words, Contains("poke"));
  EXPECT_THAT(words.words, Contains("timer"));
  EXPECT_THAT(words.words, Not(Contains("fix")));
}

TEST(FixWords, AreCutIntoPieces) {
  EXPECT_THAT(words_of_name("ExtentList"), ElementsAre("extentlist", "extent", "list"));
  EXPECT_THAT(words_of_name("vlan-headers"), ElementsAre("vlan-header", "vlan", "header"));
  EXPECT_THAT(words_of_name("nft_set_elem"), ElementsAre("nft_set_elem", "nft", "set", "elem"));
  EXPECT_THAT(words_of_name("checking"), ElementsAre("check"));
  EXPECT_THAT(words_of_name("_"), IsEmpty());
  EXPECT_THAT(words_of_name("12"), IsEmpty());
}

TEST(FixWords, AnythingMayBeGiven) {
  for (const std::string& text :
       {std::string(), std::string(": "), std::string("((((: - ) "), std::string(100'000, ':'),
        std::string(100'000, 'a'), std::string("\0\xff", 2)}) {
    EXPECT_THAT(fix_words(text, text).names, SizeIs(testing::Le(1u)));
  }
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += " word_" + std::to_string(i);
  EXPECT_LT(fix_words(many, many).words.size(), 1000u);
}

}  // namespace
}  // namespace suture
