// SPDX-License-Identifier: Apache-2.0
//
// Writes reports as to_json() and dump() do, but for the order of members: what differs from one report of a
// host to the next stands in front. So a database that keeps a long text in pieces writes the first piece
// alone, and two texts say the same where all behind that is equal.
#include "patchset/report.h"

namespace suture {
namespace {

class Writer {
 public:
  explicit Writer(std::size_t room) { text_.reserve(room); }

  Writer& raw(std::string_view text) {
    text_ += text;
    return *this;
  }
  Writer& quoted(std::string_view value) {
    text_ += '"';
    // Runs of plain characters are copied at once.
    while (!value.empty()) {
      const std::size_t plain = plain_run(value);
      text_ += value.substr(0, plain);
      value.remove_prefix(plain);
      if (value.empty()) break;
      escape(value.front());
      value.remove_prefix(1);
    }
    text_ += '"';
    return *this;
  }
  Writer& list(const std::vector<std::string>& values) {
    text_ += '[';
    for (const std::string& value : values) {
      if (text_.back() != '[') text_ += ',';
      quoted(value);
    }
    text_ += ']';
    return *this;
  }
  Writer& list(const std::vector<std::uint32_t>& values) {
    text_ += '[';
    for (const std::uint32_t value : values) {
      if (text_.back() != '[') text_ += ',';
      number(value);
    }
    text_ += ']';
    return *this;
  }
  Writer& number(std::uint64_t value) { return raw(std::to_string(value)); }
  Writer& flag(bool value) { return raw(value ? "true" : "false"); }
  std::string take() { return std::move(text_); }

 private:
  static std::size_t plain_run(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && text[count] != '"' && text[count] != '\\' &&
           static_cast<unsigned char>(text[count]) >= 0x20) {
      ++count;
    }
    return count;
  }
  void escape(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
    constexpr std::string_view kNames = "\"\\bfnrt";
    text_ += '\\';
    if (const auto at = kNamed.find(c); at != kNamed.npos) {
      text_ += kNames[at];
      return;
    }
    const auto byte = static_cast<unsigned char>(c);
    text_ += "u00";
    text_ += kHex[byte >> 4];
    text_ += kHex[byte & 15];
  }

  std::string text_;
};

void write_error(Writer& writer, const std::optional<ReportedError>& error) {
  if (!error) {
    writer.raw("null");
    return;
  }
  writer.raw(R"({"code":)").quoted(error->code).raw(R"(,"message":)").quoted(error->message).raw("}");
}

void write_modules(Writer& writer, const HostModules& modules) {
  writer.raw(R"({"blacklisted":)").list(modules.blacklisted);
  writer.raw(R"(,"blocked":)").list(modules.blocked);
  writer.raw(R"(,"loaded":)").list(modules.loaded);
  writer.raw(R"(,"loading":)").flag(modules.loading);
  writer.raw(R"(,"user_namespaces":)").flag(modules.user_namespaces).raw("}");
}

}  // namespace

std::string report_text(const HostReport& report) {
  Writer writer(2048);
  writer.raw(R"({"checked_at":)").quoted(report.checked_at);
  writer.raw(R"(,"uptime_seconds":)").number(report.uptime_seconds);
  writer.raw(R"(,"agent":)").quoted(report.agent);
  writer.raw(R"(,"architecture":)").quoted(report.architecture);
  writer.raw(R"(,"boot_id":)").quoted(report.boot_id);
  writer.raw(R"(,"build_id":)").quoted(report.build_id);
  writer.raw(R"(,"changed_at":)").quoted(report.changed_at);
  writer.raw(R"(,"channel":)").quoted(report.channel);
  writer.raw(R"(,"cves":)").list(report.cves);
  writer.raw(R"(,"engine":)").quoted(report.engine);
  writer.raw(R"(,"error":)");
  write_error(writer, report.error);
  writer.raw(R"(,"format":)").number(kReportFormat);
  writer.raw(R"(,"host_id":)").quoted(report.host_id);
  writer.raw(R"(,"hostname":)").quoted(report.hostname);
  writer.raw(R"(,"level":)").number(report.level);
  if (report.modules) {
    writer.raw(R"(,"modules":)");
    write_modules(writer, *report.modules);
  }
  writer.raw(R"(,"quarantined":)").list(report.quarantined);
  writer.raw(R"(,"release":)").quoted(report.release);
  writer.raw(R"(,"rollouts":)").flag(report.rollouts);
  writer.raw(R"(,"state":)").quoted(name_of(report.state));
  writer.raw(R"(,"transition":)").flag(report.transition).raw("}");
  return writer.take();
}

}  // namespace suture
