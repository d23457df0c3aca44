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

GlueInput for_stop_machine() {
  JumpEntry entry{.length = 5};
  entry.bytes = {0x53, 0x48, 0x89, 0xfb, 0xe8};
  entry.mask = {0xff, 0xff, 0xff, 0xff, 0xff};
  return {.objects = {object("vsock"), object("vmlinux")},
          .namespaces = {"NS"},
          .level = 4,
          .stop_machine = GlueStopMachine{
              .build_id = "0123abcd",
              .entries = {{.object = 1, .function = 0, .entry = entry}},
              .late = {.symbols = {{.object = "vmlinux", .name = "hidden", .sympos = 2},
                                   {.object = "vsock", .name = "table"}},
                       .places = {{.type = 2, .addend = -4, .symbol = 1, .patches = "vsock"}}}}};
}

TEST(GlueForStopMachine, HasTheEnginesTables) {
  const std::string source = source_of(for_stop_machine());
  for (const char* text : {"{ .name = \"f\", .sympos = 0, .replacement = suture_new_1_0, .entry_length = 5,\n"
                           "\t  .entry = { 0x53, 0x48, 0x89, 0xfb, 0xe8 },\n\t  .entry_mask = { 0xff, 0xff, "
                           "0xff, 0xff, 0xff } }",
                           "{ .name = \"f\", .sympos = 0, .replacement = suture_new_0_0 }",
                           "{ .object = NULL, .name = \"hidden\", .sympos = 2, .address = suture_address_0 }",
                           "{ .object = \"vsock\", .name = \"table\", .sympos = 0, .address = NULL }",
                           "{ .place = suture_place_0, .addend = -4, .symbol = 1, .type = 2, .object = 1 }",
                           ".build_id = \"0123abcd\"", ".level = 4",
                           "static struct suture_patch suture_patch ", "MODULE_INFO(import_ns, \"NS\")"})
    EXPECT_NE(source.find(text), std::string::npos) << text;
  const std::size_t kernel = source.find(".name = NULL, .functions = suture_stop_functions_1,");
  const std::size_t module = source.find(".name = \"vsock\", .functions = suture_stop_functions_0,");
  ASSERT_NE(module, std::string::npos);
  EXPECT_LT(kernel, module);
}

// It is for kernels without livepatch, and must not look like a livepatch module to one that has it.
TEST(GlueForStopMachine, SaysNothingOfLivepatch) {
  const std::string source = source_of(for_stop_machine());
  for (const char* text :
       {"struct klp", "klp_enable_patch", "->klp_alive", "linux/livepatch.h", "MODULE_INFO(livepatch"})
    EXPECT_EQ(source.find(text), std::string::npos) << text;
}

// By the name of that variable the engine finds its own modules.
TEST(Glue, HasNoTableOfTheOtherEngine) {
  const std::string source = source_of({.objects = {object("vmlinux")}, .namespaces = {}, .level = 1});
  for (const char* text : {" suture_patch ", " suture_patch;", "struct suture_object", "suture_handed_on"})
    EXPECT_EQ(source.find(text), std::string::npos) << text;
}

TEST(GlueForStopMachine, HasTheKernelAlsoWhenOnlyAModuleIsPatched) {
  GlueInput input = for_stop_machine();
  input.objects.pop_back();
  input.stop_machine->entries.clear();
  EXPECT_NE(source_of(input).find("{ .name = NULL, .functions = suture_stop_no_functions,"),
            std::string::npos);
}

TEST(GlueForStopMachine, RefusesNamesThatWouldBeCode) {
  GlueInput input = for_stop_machine();
  input.stop_machine->late.symbols[1].name = "x\"; evil";
  EXPECT_EQ(glue_source(input).error().code, "module.bad-name");
}

}  // namespace
}  // namespace suture
