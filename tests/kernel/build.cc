// SPDX-License-Identifier: Apache-2.0
//
// The builder on a real target: what it must make of real fixes, and what it must refuse. For livepatch;
// stop_machine.cc has what differs for the other engine.
#include "build/build.h"
#include "build/kbuild.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "build/fix.h"
#include "build/patched_tree.h"
#include "elf/object.h"
#include "real_target.h"

namespace suture {
namespace {

using testing::HasSubstr;

class BuildOnRealKernel : public test::OnRealTarget {
 protected:
  static std::filesystem::path fix(const std::string& name) {
    return std::filesystem::path(SUTURE_TEST_FIXES) / (name + ".patch");
  }

  std::filesystem::path written(const std::string& name, std::string_view diff) {
    const auto path = folder_->path() / (name + ".patch");
    EXPECT_TRUE(write_file(path, diff).has_value());
    return path;
  }

  Result<BuildResult> build(const std::vector<std::filesystem::path>& fixes,
                            const std::string& output = "out") {
    Progress progress("test");
    return build_patchset({.target = target_,
                           .fixes = fixes,
                           .level = 3,
                           .output = folder_->path() / output,
                           .engines = {std::string(kKlpEngine)}},
                          progress);
  }

  /// The error; and nothing may be left of the attempt.
  Error refusal(const std::vector<std::filesystem::path>& fixes) {
    const auto result = build(fixes);
    EXPECT_FALSE(result.has_value()) << "it was built";
    EXPECT_FALSE(std::filesystem::exists(folder_->path() / "out"));
    return result ? Error{} : result.error();
  }
};

TEST_F(BuildOnRealKernel, MakesOneModuleForKernelAndModule) {
  const auto result = build({fix("CVE-2026-53249"), fix("CVE-2026-53236"), fix("CVE-2026-46234")});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const Patchset& patchset = result->patchset;
  EXPECT_EQ(patchset.cves(),
            (std::vector<std::string>{"CVE-2026-46234", "CVE-2026-53236", "CVE-2026-53249"}));
  ASSERT_EQ(patchset.objects.size(), 2u);
  EXPECT_EQ(patchset.objects[0].name, "vmlinux");
  EXPECT_EQ(patchset.objects[1].name, "vsock");
  EXPECT_EQ(patchset.objects[1].functions[0].name, "vsock_update_buffer_size");
  EXPECT_EQ(patchset.level, 3u);
  EXPECT_EQ(patchset.module().name, "suture_3");
  const auto text = read_text_file(folder_->path() / "out" / kManifestName);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(parse_patchset(*text).value(), patchset);
}

TEST_F(BuildOnRealKernel, ShipsANewStaticFunctionOfAModule) {
  const auto result = build({fix("netem-validate-slot")});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->patchset.objects[0].name, "sch_netem");
}

// The module may only take by version what the kernel exports, and must say so of each.
TEST_F(BuildOnRealKernel, LeavesNoSymbolUnresolved) {
  ASSERT_TRUE(build({fix("CVE-2026-53236")}).has_value());
  const auto module = elf::read_object(folder_->path() / "out/suture_3.ko");
  ASSERT_TRUE(module.has_value()) << module.error().message();
  const elf::Section* versions = module->find_section("__versions");
  ASSERT_NE(versions, nullptr);
  for (const elf::Symbol& symbol : module->symbols) {
    if (symbol.section != elf::kUndefined) continue;
    const std::string entry = std::string(1, '\0') + symbol.name + std::string(1, '\0');
    EXPECT_NE(as_text(versions->data).find(entry), std::string_view::npos)
        << symbol.name << " has no version";
  }
}

TEST_F(BuildOnRealKernel, RefusesAFixThatDoesNotApply) {
  auto text = read_text_file(fix("CVE-2026-46234")).value();
  const auto at = text.find("buffer_min_size");
  text.replace(at, 15, "buffer_low_size");
  const Error error = refusal({written("stale", text)});
  EXPECT_EQ(error.code, "build.fix-does-not-apply");
  EXPECT_THAT(error.message(), HasSubstr("stale"));
  EXPECT_THAT(error.message(), HasSubstr("net/vmw_vsock/af_vsock.c: hunk 1"));
}

TEST_F(BuildOnRealKernel, AFixCountsOnce) {
  EXPECT_EQ(refusal({fix("CVE-2026-46234"), fix("CVE-2026-46234")}).code, "build.fix-twice");
  const auto same = written("again", *read_text_file(fix("CVE-2026-46234")));
  const auto result = build({fix("CVE-2026-46234"), same});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_THAT(result->patchset.fixes.at(1).not_affected, HasSubstr("has the fix already"));
}

TEST_F(BuildOnRealKernel, RefusesAFixForAFileThatIsNotThere) {
  const Error error =
      refusal({written("gone", "--- a/net/no/such.c\n+++ b/net/no/such.c\n@@ -1 +1 @@\n-a\n+b\n")});
  EXPECT_EQ(error.code, "build.fix-does-not-apply");
  EXPECT_THAT(error.message(), HasSubstr("net/no/such.c"));
}

TEST_F(BuildOnRealKernel, ShowsTheCompilersWords) {
  auto text = read_text_file(fix("warn")).value();
  text.replace(text.find("WARN(1,"), 7, "no_such_function(");
  const Error error = refusal({written("broken", text)});
  EXPECT_EQ(error.code, "build.does-not-compile");
  EXPECT_THAT(error.message(), HasSubstr("no_such_function"));
  EXPECT_THAT(error.message(), HasSubstr("fs/proc/cmdline.c:9"));
}

TEST_F(BuildOnRealKernel, RefusesAFixThatChangesNoCode) {
  auto text = read_text_file(fix("warn")).value();
  const std::string line = "WARN(1, \"made by a test\");";
  text.replace(text.find(line), line.size(), "/* only words */");
  EXPECT_EQ(refusal({written("comment", text)}).code, "build.nothing-changed");
}

// Only one of the units that include the header has code of the inline function which the fix turns into an
// ordinary one. It is exported, too, but nothing of this kernel asks for that.
TEST_F(BuildOnRealKernel, FindsTheUnitsThatAHeaderReaches) {
  const auto result = build({fix("CVE-2026-53050")});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_EQ(result->patchset.objects.size(), 1u);
  EXPECT_EQ(result->patchset.objects[0].name, "vmlinux");
  ASSERT_EQ(result->patchset.objects[0].evidence.size(), 1u);
  EXPECT_EQ(result->patchset.objects[0].evidence[0].unit, "fs/quota/dquot.c");
  EXPECT_THAT(result->notes, testing::Contains(HasSubstr("the export __ksymtab_dqgrab is left out")));
  EXPECT_THAT(result->notes, testing::Contains(HasSubstr("has 32 of them, and 0 may change")));
}

// Whatever was kept of earlier builds, wherever the temporary files are, whatever the output is called.
TEST_F(BuildOnRealKernel, GivesTheSameBytesEachTime) {
  const auto built = [&](const std::string& output, const std::string& cache, const std::string& temporary) {
    std::filesystem::create_directories(folder_->path() / temporary);
    ::setenv("TMPDIR", (folder_->path() / temporary).c_str(), 1);
    Progress progress("test");
    const auto result = build_patchset({.target = target_,
                                        .fixes = {fix("CVE-2026-53249"), fix("warn")},
                                        .output = folder_->path() / output,
                                        .cache = cache.empty() ? "" : folder_->path() / cache},
                                       progress);
    ::unsetenv("TMPDIR");
    EXPECT_TRUE(result.has_value()) << result.error().message();
    std::string bytes;
    for (const char* file : {"suture_1.ko", "patchset.json"})
      bytes += read_text_file(folder_->path() / output / file).value_or("");
    return bytes;
  };
  const std::string alone = built("alone", "", "one");
  EXPECT_NE(alone, "");
  EXPECT_EQ(built("kept", "cache", "two/deeper"), alone);
  const auto objects = [&] {
    const std::filesystem::recursive_directory_iterator all(folder_->path() / "cache"), end;
    return std::distance(all, end);
  };
  const auto kept = objects();
  EXPECT_EQ(built("again", "cache", "three"), alone);
  EXPECT_EQ(objects(), kept) << "something was made anew";
  EXPECT_EQ(alone.find(folder_->path().string()), std::string::npos) << "a path of the builder leaked";
  EXPECT_EQ(alone.find(target_.source.string()), std::string::npos);
}

// A type changes: only compiling tells what that means for those that include it.
TEST_F(BuildOnRealKernel, RefusesAHeaderThatMayChangeTooMuch) {
  const auto diff =
      written("sched",
              "--- a/include/linux/quotaops.h\n+++ b/include/linux/quotaops.h\n@@ -15,3 +15,4 @@\n"
              " #define DQUOT_SPACE_WARN\t0x1\n+struct quota_more { int one; };\n"
              " #define DQUOT_SPACE_RESERVE\t0x2\n #define DQUOT_SPACE_NOFAIL\t0x4\n");
  Progress progress("test");
  const auto result = build_patchset(
      {.target = target_, .fixes = {diff}, .output = folder_->path() / "out", .header_units = 2}, progress);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "build.header-changed");
  EXPECT_THAT(result.error().message(), HasSubstr("include/linux/quotaops.h, more than 2 may change"));
}

// Nearly all units include the header. Which of them can tell is known without compiling them: none names the
// new bit, and its neighbours are read as before.
TEST_F(BuildOnRealKernel, NarrowsABitInTheHeaderOfAllUnits) {
  const auto result = build({fix("ptrace-get_dumpable-padding")});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  ASSERT_EQ(result->patchset.objects.size(), 1u);
  EXPECT_EQ(result->patchset.objects[0].evidence.size(), 2u);
  EXPECT_THAT(result->notes,
              testing::Contains(
                  HasSubstr("0 can name what is new or elsewhere in struct task_struct (user_dumpable)")));
}

TEST_F(BuildOnRealKernel, TakesAHeaderThatAFixAdds) {
  auto text = read_text_file(fix("warn")).value();
  const std::string line = "+\tWARN(1, \"made by a test\");\n";
  ASSERT_TRUE(text.contains("@@ -6,6 +6,7 @@") && text.contains(line));
  text.replace(text.find(line), line.size(),
               "+#include \"suture_test.h\"\n+\tWARN(SUTURE_TEST, \"made by a test\");\n");
  text.replace(text.find("+6,7"), 4, "+6,8");
  text += "--- /dev/null\n+++ b/fs/proc/suture_test.h\n@@ -0,0 +1 @@\n+#define SUTURE_TEST 1\n";
  const auto result = build({written("added", text)});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->patchset.objects.size(), 1u);
}

// As it stands the fix moves bits of tasks that are alive.
TEST_F(BuildOnRealKernel, RefusesBitsThatMove) {
  const Error error = refusal({fix("ptrace-get_dumpable")});
  EXPECT_EQ(error.code, "delta.layout-changed");
  EXPECT_THAT(error.message(), HasSubstr("in_execve moves"));
}

// SELinux's flask.h is written by a program that no package has.
TEST_F(BuildOnRealKernel, MakesProgramsThatWriteHeaders) {
  const auto flags = Kbuild::prepare(target_).value().flags("security/selinux/ss/sidtab.c");
  EXPECT_TRUE(flags.has_value()) << flags.error().message();
}

// Objects of 176 bytes are in use; code for 200 would write beyond them.
TEST_F(BuildOnRealKernel, RefusesAStructureThatGrows) {
  const Error error = refusal({fix("CVE-2026-43074")});
  EXPECT_EQ(error.code, "delta.layout-changed");
  EXPECT_THAT(error.message(),
              HasSubstr("struct eventpoll grows from 176 to 200 bytes: rcu (16 bytes) added"));
}

TEST_F(BuildOnRealKernel, RefusesAConstantThatDataPointsTo) {
  const Error error = refusal({fix("CVE-2026-53238")});
  EXPECT_EQ(error.code, "delta.data-changed");
  EXPECT_THAT(error.message(), HasSubstr("netlbl_unlabel_genl_policy"));
}

// The body of a system call has no ftrace entry; the two functions that call it have.
TEST_F(BuildOnRealKernel, LiftsAChangeToTheCallersThatFtraceReaches) {
  const auto result = build({fix("CVE-2026-98655")});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  std::vector<std::string> functions;
  for (const ReplacedFunction& function : result->patchset.objects.at(0).functions)
    functions.push_back(function.name);
  std::ranges::sort(functions);
  EXPECT_EQ(functions, (std::vector<std::string>{"__ia32_sys_perf_event_open", "__x64_sys_perf_event_open"}));
}

// What a static function was stays the kernel's own, wherever it is: other units call that one.
TEST_F(BuildOnRealKernel, LetsAUnitUseWhatAnotherKeptToItself) {
  const std::string text =
      "--- a/fs/proc/cmdline.c\n+++ b/fs/proc/cmdline.c\n@@ -4,7 +4,7 @@\n"
      " #include <linux/proc_fs.h>\n #include <linux/seq_file.h>\n \n"
      "-static int cmdline_proc_show(struct seq_file *m, void *v)\n"
      "+int cmdline_proc_show(struct seq_file *m, void *v)\n"
      " {\n \tseq_puts(m, saved_command_line);\n \tseq_putc(m, '\\n');\n"
      "--- a/fs/proc/version.c\n+++ b/fs/proc/version.c\n@@ -7,13 +7,14 @@\n"
      " #include <linux/utsname.h>\n #include \"internal.h\"\n \n"
      "+int cmdline_proc_show(struct seq_file *m, void *v);\n"
      " static int version_proc_show(struct seq_file *m, void *v)\n"
      " {\n \tseq_printf(m, linux_proc_banner,\n \t\tutsname()->sysname,\n \t\tutsname()->release,\n"
      " \t\tutsname()->version);\n-\treturn 0;\n+\treturn cmdline_proc_show(m, v);\n }\n \n"
      " static int __init proc_version_init(void)\n";
  const auto result = build({written("exposed", text)});
  ASSERT_TRUE(result.has_value()) << result.error().message();
  const auto& functions = result->patchset.objects.at(0).functions;
  ASSERT_EQ(functions.size(), 1u);
  EXPECT_EQ(functions[0].name, "version_proc_show");
  const elf::Object module = elf::read_object(folder_->path() / "out" / "suture_3.ko").value();
  EXPECT_NE(std::ranges::find(module.symbols, ".klp.sym.vmlinux.cmdline_proc_show,0", &elf::Symbol::name),
            module.symbols.end());
}

TEST_F(BuildOnRealKernel, RefusesAnInitFunction) {
  auto text = std::string(
      "--- a/fs/proc/cmdline.c\n+++ b/fs/proc/cmdline.c\n@@ -13,7 +13,7 @@\n \n"
      " static int __init proc_cmdline_init(void)\n {\n"
      "-\tproc_create_single(\"cmdline\", 0, NULL, cmdline_proc_show);\n"
      "+\tproc_create_single(\"cmdlines\", 0400, NULL, cmdline_proc_show);\n"
      " \treturn 0;\n }\n fs_initcall(proc_cmdline_init);\n");
  const Error error = refusal({written("init", text)});
  EXPECT_EQ(error.code, "delta.init-changed") << error.message();
}

// A source that is not the kernel's: the same fix applies, the same functions come out, and yet it must not
// ship.
TEST_F(BuildOnRealKernel, RefusesAUnitThatIsNotAsShipped) {
  const auto drift = parse_fix(read_text_file(fix("warn")).value(), "drift");
  ASSERT_TRUE(drift.has_value());
  const auto drifted = PatchedTree::make(target_.source, {*drift});
  ASSERT_TRUE(drifted.has_value()) << drifted.error().message();
  target_.source = drifted->root();
  // As if it had been like this from the start.
  const auto file = target_.source / "fs/proc/cmdline.c";
  std::string source = read_text_file(file).value();
  for (std::size_t at; (at = source.find("#line ")) != std::string::npos;)
    source.erase(at, source.find('\n', at) + 1 - at);
  ASSERT_TRUE(write_file(file, source).has_value());
  const auto text = std::string(
      "--- a/fs/proc/cmdline.c\n+++ b/fs/proc/cmdline.c\n@@ -8,6 +8,7 @@\n {\n"
      " \tWARN(1, \"made by a test\");\n \tseq_puts(m, saved_command_line);\n"
      "+\tseq_putc(m, ' ');\n \tseq_putc(m, '\\n');\n \treturn 0;\n }\n");
  const Error error = refusal({written("on-top", text)});
  EXPECT_EQ(error.code, "build.not-as-shipped") << error.message();
  EXPECT_THAT(error.message(), HasSubstr("cmdline_proc_show"));
  EXPECT_THAT(error.message(), HasSubstr("compiled here"));
  EXPECT_THAT(error.message(), HasSubstr("in the kernel"));
  EXPECT_THAT(error.message(), HasSubstr("__warn_printk"));
}

// Headers of another configuration: everything compiles, to other code.
TEST_F(BuildOnRealKernel, RefusesAnotherConfiguration) {
  const auto headers = folder_->path() / "headers";
  std::filesystem::copy(
      target_.headers, headers,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  const auto file = headers / "include/config/auto.conf";
  std::string config = read_text_file(file).value();
  const std::string line = "CONFIG_RETHUNK=y\n";
  ASSERT_NE(config.find(line), std::string::npos);
  config.erase(config.find(line), line.size());
  std::filesystem::permissions(file, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  ASSERT_TRUE(write_file(file, config).has_value());
  target_.headers = headers;
  EXPECT_EQ(refusal({fix("CVE-2026-53249")}).code, "build.not-as-shipped");
}

TEST_F(BuildOnRealKernel, RefusesATruncatedImage) {
  const auto image = read_file(target_.image).value();
  target_.image = folder_->path() / "image";
  for (const std::size_t size : {std::size_t{1} << 20, image.size() / 2, image.size() - (1u << 20)}) {
    ASSERT_TRUE(write_file(target_.image, ByteView(image).first(size)).has_value());
    EXPECT_THAT(refusal({fix("CVE-2026-53249")}).code, testing::StartsWith("image.")) << size;
  }
}

TEST_F(BuildOnRealKernel, RefusesAnImageOfAnotherBuild) {
  target_.id.build_id = std::string(40, '0');
  EXPECT_EQ(refusal({fix("CVE-2026-46234")}).code, "build.image-differs");
}

TEST_F(BuildOnRealKernel, LeavesWhatIsThereAlone) {
  ASSERT_TRUE(write_file(folder_->path() / "out/precious", "x").has_value());
  const auto result = build({fix("CVE-2026-46234")});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "build.output-exists");
  EXPECT_TRUE(std::filesystem::exists(folder_->path() / "out/precious"));
}

}  // namespace
}  // namespace suture
