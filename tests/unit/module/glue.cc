// SPDX-License-Identifier: Apache-2.0
#include "module/glue.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

PatchedObject object(const char* name) {
  return {.name = name, .functions = {{.name = "f"}}, .evidence = {}};
}

std::string source_of(const GlueInput& input) {
  const auto source = glue_source(input);
  EXPECT_TRUE(source.has_value()) << (source ? "" : source.error().message());
  return source.value_or("");
}

// Livepatch calls back for the kernel at once, for a module perhaps never: the level before is taken over
// then.
TEST(Glue, PutsTheKernelFirst) {
  const std::string source =
      source_of({.objects = {object("vsock"), object("vmlinux")}, .namespaces = {}, .level = 1});
  const std::size_t kernel = source.find(".name = NULL, .funcs = suture_functions_1,");
  const std::size_t module = source.find(".name = \"vsock\", .funcs = suture_functions_0,");
  ASSERT_NE(module, std::string::npos);
  EXPECT_LT(kernel, module);
}

TEST(Glue, HasTheKernelAlsoWhenOnlyAModuleIsPatched) {
  const std::string source = source_of({.objects = {object("vsock")}, .namespaces = {}, .level = 1});
  EXPECT_NE(source.find(".name = NULL, .funcs = suture_no_functions,"), std::string::npos);
}

TEST(Glue, NamesCallbacksAndUpdatesByObject) {
  const std::string source =
      source_of({.objects = {object("vsock"), object("vmlinux")},
                 .namespaces = {},
                 .level = 1,
                 .steps = {{.object = 0, .name = "net/v.c:do:undo", .callbacks = {"cb_0", "", "", "cb_3"}}},
                 .updates = {{.object = 1, .variable = "t", .symbol = "update_0"}}});
  EXPECT_NE(source.find("extern int cb_0(void);"), std::string::npos);
  EXPECT_NE(source.find("extern void cb_3(void);"), std::string::npos);
  EXPECT_NE(
      source.find("{ .object = 1, .name = \"net/v.c:do:undo\", .pre_patch = cb_0, .post_unpatch = cb_3 }"),
      std::string::npos);
  EXPECT_NE(source.find("{ .object = 0, .variable = \"t\", .update = &update_0 }"), std::string::npos);
}

// The module's pointer leads to an exit function, not livepatch's table.
TEST(Glue, LeavesExitFunctionsToTheirOwnTable) {
  const PatchedObject netem{.name = "sch_netem",
                            .functions = {{.name = "f"}, {.name = "cleanup_module", .module_exit = true}},
                            .evidence = {}};
  const std::string source = source_of({.objects = {object("vsock"), netem}, .namespaces = {}, .level = 1});
  EXPECT_EQ(source.find("\"cleanup_module\""), std::string::npos);
  EXPECT_NE(source.find("{ .object = 2, .replacement = suture_new_1_1 }"), std::string::npos);
}

TEST(Glue, RefusesNamesOfStepsThatWouldBeCode) {
  const auto source = glue_source({.objects = {object("vmlinux")},
                                   .namespaces = {},
                                   .level = 1,
                                   .steps = {{.object = 0, .name = "a\"; evil", .callbacks = {}}}});
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, "module.bad-name");
}

}  // namespace
}  // namespace suture
