// SPDX-License-Identifier: Apache-2.0
#include "corpus/list.h"

#include <gtest/gtest.h>

namespace suture::corpus {
namespace {

TEST(List, IsReadInOrder) {
  const auto list = parse_list(
      "# what changed\n\nvmlinux net/core/sock.c\nvsock.ko\tnet/vmw_vsock/af_vsock.c \r\n", "list");
  ASSERT_TRUE(list.has_value()) << list.error().message();
  EXPECT_EQ(*list,
            (std::vector<Entry>{{"vmlinux", "net/core/sock.c"}, {"vsock.ko", "net/vmw_vsock/af_vsock.c"}}));
  EXPECT_EQ(list->back().file_name(), "net__vmw_vsock__af_vsock.c");
}

TEST(List, IsNarrowedByAPartOfThePath) {
  const auto list = parse_list("vmlinux net/core/sock.c\nvmlinux fs/exec.c\n", "list").value();
  EXPECT_EQ(matching(list, "core/"), (std::vector<Entry>{{"vmlinux", "net/core/sock.c"}}));
  EXPECT_EQ(matching(list, ""), list);
  EXPECT_TRUE(matching(list, "mm/").empty());
}

struct Broken {
  const char* text;
  const char* says;
};

class BrokenList : public testing::TestWithParam<Broken> {};

TEST_P(BrokenList, IsRefusedWithItsLine) {
  const auto list = parse_list(GetParam().text, "the list");
  ASSERT_FALSE(list.has_value());
  EXPECT_EQ(list.error().code, "corpus.list-malformed");
  EXPECT_NE(list.error().message().find(GetParam().says), std::string::npos) << list.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BrokenList,
    testing::Values(Broken{"", "names no unit"}, Broken{"# only words\n", "names no unit"},
                    Broken{"vmlinux a.c\nvmlinux\n", "line 2"}, Broken{"a.c vmlinux\n", "line 1"},
                    Broken{"vmlinux a.c b.c\n", "more words"}, Broken{"vmlinux a.h\n", "\"a.h\" is not"},
                    Broken{"vmlinux /etc/a.c\n", "is not a .c file"},
                    Broken{"vmlinux ../a.c\n", "is not a .c file"},
                    Broken{"vmlinux net/../../a.c\n", "is not a .c file"},
                    Broken{"net/vsock.ko a.c\n", "neither vmlinux nor"},
                    Broken{".ko a.c\n", "neither vmlinux nor"},
                    Broken{"vmlinux a.c\nvsock.ko a.c\n", "twice"}));

}  // namespace
}  // namespace suture::corpus
