// SPDX-License-Identifier: Apache-2.0
#include "target/spec_patches.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

using Names = std::vector<std::string>;

std::vector<SpecPatch> patches(std::string_view spec, const Names& packaged) {
  auto read = patches_of_spec(spec, packaged);
  EXPECT_TRUE(read) << read.error().message();
  return read.value_or(std::vector<SpecPatch>{});
}

std::string code_of(std::string_view spec, const Names& packaged = {"a.patch", "b.patch"}) {
  const auto read = patches_of_spec(spec, packaged);
  return read ? "" : read.error().code;
}

const std::string kTwo = "Name: kernel\nPatch1: a.patch\nPatch0002: b.patch\n";

TEST(SpecPatches, AreInTheOrderInWhichTheyAreApplied) {
  EXPECT_EQ(patches(kTwo + "%prep\n%setup -q\n%patch2 -p1\n%patch -P 1 -p2 -b .orig\n%build\nmake\n",
                    {"a.patch", "b.patch"}),
            (std::vector<SpecPatch>{{"b.patch", 1, false}, {"a.patch", 2, false}}));
  EXPECT_EQ(patches(kTwo + "%prep\n%patch 1 2 -p1\n", {"a.patch", "b.patch"}),
            (std::vector<SpecPatch>{{"a.patch", 1, false}, {"b.patch", 1, false}}));
  EXPECT_EQ(patches(kTwo + "%prep\n%patch -P1\n", {"a.patch", "b.patch"}),
            (std::vector<SpecPatch>{{"a.patch", 0, false}}));
}

TEST(SpecPatches, AutosetupAppliesAllByNumber) {
  const std::string spec = "patch9: b.patch\nPatch: c.patch\nPatch1: a.patch\n%prep\n";
  const std::vector<SpecPatch> all{{"a.patch", 1, false}, {"b.patch", 1, false}, {"c.patch", 1, false}};
  EXPECT_EQ(patches(spec + "%autosetup -p1 -n linux\n", {"c.patch", "b.patch", "a.patch"}), all);
  EXPECT_EQ(patches(spec + "%autosetup -N\n%autopatch -p1\n", {"c.patch", "b.patch", "a.patch"}), all);
}

// The shape of Fedora's and Red Hat's kernel.spec.
TEST(SpecPatches, FedorasFunctionsAreUnderstood) {
  const std::string spec = R"(
%define patchversion 6.11
Source0: linux-%{tarfile_release}.tar.xz
%if !%{nopatches}
Patch1: patch-%{patchversion}-redhat.patch
%endif
# empty final patch to facilitate testing of kernel patches
Patch999999: linux-kernel-test.patch
%description
Patch: not this one
%prep
ApplyPatch()
{
  local patch=$1
  case "$patch" in
  *.bz2) bunzip2 < "$RPM_SOURCE_DIR/$patch" | $patch_command ${1+"$@"} ;;
  esac
}
ApplyOptionalPatch()
{
  if [ "$C" -gt 9 ]; then
    ApplyPatch $patch ${1+"$@"}
  fi
}
%setup -q -n kernel-%{tarfile_release} -c
%if !%{nopatches}
ApplyOptionalPatch patch-%{patchversion}-redhat.patch
%endif
ApplyOptionalPatch linux-kernel-test.patch
%build
patch -p1 < elsewhere
)";
  EXPECT_EQ(
      patches(spec, {"linux-kernel-test.patch", "patch-6.11-redhat.patch"}),
      (std::vector<SpecPatch>{{"patch-6.11-redhat.patch", 1, true}, {"linux-kernel-test.patch", 1, true}}));
}

TEST(SpecPatches, WhatAConditionKeptOutIsNotApplied) {
  EXPECT_EQ(patches(kTwo + "%prep\n%patch1 -p1\n%patch2 -p1\n", {"a.patch"}),
            (std::vector<SpecPatch>{{"a.patch", 1, false}}));
  EXPECT_TRUE(patches(kTwo + "%prep\n%setup\n", {}).empty());
}

TEST(SpecPatches, MacrosInNamesMustBeClear) {
  EXPECT_EQ(patches("Patch1: http://x/%{n}-%v.patch\n%prep\n%patch1\n", {"a-1.patch"}).front().file,
            "a-1.patch");
  EXPECT_EQ(code_of("Patch1: %{name}.patch\n%prep\n%patch1\n"), "target.spec-unsupported");
}

TEST(SpecPatches, OtherWaysToPatchAreRefused) {
  for (const char* step :
       {"git am %{patches}", "git apply a.patch", "patch -p1 < a.patch", "quilt push -a",
        "cat %{SOURCE1} | patch -p1", "%{__patch} -p1 -i a.patch", "for p in $(cat series.conf); do",
        "%_sourcedir/apply-patches %_sourcedir/series.conf ..", "%patch1 -R", "%patch7 -p1", "%patch",
        "%autosetup -px", "%autopatch -m 1", "ApplyPatch c.patch", "ApplyPatch a.patch -R", "%patch1 --what",
        "%patch -P x"}) {
    EXPECT_EQ(code_of(kTwo + "%prep\n" + step + "\n"), "target.spec-unsupported") << step;
  }
  EXPECT_EQ(code_of("Patchx: a.patch\n%prep\n%patch1\n"), "target.spec-unsupported");
  EXPECT_EQ(code_of("Patch1:\n%prep\n%patch1\n"), "target.spec-unsupported");
}

TEST(SpecPatches, PatchesThatNothingAppliesAreSuspicious) {
  EXPECT_EQ(code_of(kTwo + "%prep\n%setup -q\n"), "target.spec-unsupported");
  EXPECT_EQ(code_of(""), "target.spec-unsupported");
}

}  // namespace
}  // namespace suture
