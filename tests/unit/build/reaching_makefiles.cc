// SPDX-License-Identifier: Apache-2.0
#include "build/reaching_makefiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

using testing::ElementsAre;

TEST(ReachingMakefiles, AreThoseWithOtherFoldersOrFilesInThem) {
  auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const auto put = [&](const char* name, const char* text) {
    ASSERT_TRUE(write_file(folder->path() / name, std::string_view(text)).has_value());
  };
  put("arch/x86/kvm/Makefile", "obj-y += kvm.o\n include $(srctree)/virt/kvm/Makefile.kvm\n");
  put("drivers/usb/core/Makefile", "usbcore-y += ../misc/onboard_usb_hub_pdevs.o\n");
  put("drivers/gpu/nouveau/Kbuild", "include $(src)/nvif/Kbuild\n");
  put("net/core/Makefile", "obj-y += sock.o # not ../sock.o\n");
  put("Makefile", "include scripts/Kbuild.include\n");
  put("tools/x/Makefile", "include ../y\n");
  put("arch/arm/kvm/Makefile", "obj-y += ../x.o\n");
  put("drivers/usb/core/README", "obj-y += ../x.o\n");
  const auto found = reaching_makefiles(folder->path());
  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_THAT(*found, ElementsAre("arch/x86/kvm", "drivers/gpu/nouveau", "drivers/usb/core"));
}

TEST(ReachingMakefiles, AreNoneOfAnEmptyTree) {
  auto folder = TempDir::make("suture-test");
  ASSERT_TRUE(folder.has_value());
  const auto found = reaching_makefiles(folder->path());
  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_TRUE(found->empty());
}

}  // namespace
}  // namespace suture
