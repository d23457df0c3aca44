// SPDX-License-Identifier: Apache-2.0
//
// What the host tells of itself, to people here and to the server.
#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "agent/agent.h"
#include "agent/log.h"
#include "agent/unprivileged.h"
#include "base/hash.h"
#include "base/json.h"
#include "engine/running_modules.h"
#include "repository/client.h"

namespace suture {
namespace {

constexpr std::size_t kIdLength = 32;
constexpr long kTimeoutSeconds = 30;
/// Of a report; some 150 modules, as servers have them, take 4 KiB.
constexpr std::size_t kMostOfModules = kReportLimit / 4;

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Result<std::string> random_id() {
  const Bytes random = TRY([]() -> Result<Bytes> {
    Bytes bytes(kIdLength / 2);
    if (::getentropy(bytes.data(), bytes.size()) != 0) return fail_errno("agent.host-id", "draw a host id");
    return bytes;
  }());
  return to_hex(random);
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::size_t ignore_answer(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

Result<Json> post(const std::string& url, const std::string& body, const HttpOptions& options) {
  const std::string what = "send the report to " + url;
  const auto failed = [&](const std::string& why) {
    return fail("agent.report-refused", what, why, "Reports go out again with the next check.");
  };
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), &curl_slist_free_all);
  if (!curl || !headers) return failed("out of memory");
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, ignore_answer);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  set_way(curl.get(), options);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    return failed(curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299) return failed("the server answered " + std::to_string(status));
  return Json{};
}

/// Without livepatch, it is for the stop-machine engine to show whether it runs here; until then, it may.
bool is_unsupported(const AgentConfig& config, const RunningKernel& kernel, const AgentState& state,
                    const Applied& applied) {
  if (kernel.livepatch || applied.level > 0) return false;
  const bool by_other = std::ranges::find(config.engines, kStopMachineEngine) != config.engines.end();
  return !by_other || (state.error && (state.error->code == "engine.no-livepatch" ||
                                       state.error->code == "engine.engine-refused"));
}

HostState state_of(const AgentState& state, const Applied& applied) {
  if (state.error) return HostState::kFailed;
  if (applied.level > 0) return HostState::kApplied;
  return state.held ? HostState::kReverted : HostState::kUnpatched;
}

/// A report without them is better than none.
std::optional<HostModules> modules_of(const std::filesystem::path& root) {
  Result<HostModules> modules = read_host_modules(root);
  if (!modules) {
    log_warning(modules.error().message());
    return std::nullopt;
  }
  if (json_text(to_json(*modules)).size() > kMostOfModules) return std::nullopt;
  return std::move(*modules);
}

}  // namespace

Result<std::string> host_id(const AgentConfig& config) {
  constexpr std::size_t kLimit = 256;
  const auto machine = read_text_file(config.machine_id, kLimit);
  if (machine && first_line(*machine).size() == kIdLength) {
    return sha256_hex(as_bytes("suture-host:" + first_line(*machine))).substr(0, kIdLength);
  }
  const auto file = config.state / "host-id";
  if (const auto kept = read_text_file(file, kLimit); kept && first_line(*kept).size() == kIdLength) {
    return first_line(*kept);
  }
  std::string id = TRY(random_id());
  TRY(write_file(file, id + "\n", 0644));
  return id;
}

Result<HostReport> Agent::make_report(const AgentState& state, const Applied& applied) const {
  const RunningKernel kernel = TRY(engine_.kernel());
  HostReport report;
  // Without a machine-id, only root can draw an id and keep it; a status does not need one.
  report.host_id = host_id(config_).value_or("");
  report.hostname = host_name();
  report.agent = "sutured " SUTURE_VERSION;
  report.boot_id = kernel.boot_id;
  report.uptime_seconds = kernel.uptime_seconds;
  report.release = kernel.release;
  report.architecture = kernel.architecture;
  report.build_id = kernel.build_id;
  const bool unsupported = is_unsupported(config_, kernel, state, applied);
  report.state = unsupported ? HostState::kUnsupported : state_of(state, applied);
  report.level = applied.level;
  report.engine = applied.engine;
  report.channel = config_.channel;
  if (state.wanted && state.wanted->level == applied.level) report.cves = state.wanted->cves;
  report.changed_at = state.changed_at;
  report.checked_at = state.checked_at;
  report.error = state.error;
  return report;
}

Result<AgentStatus> Agent::status() const {
  const AgentState state = TRY(read_state(state_file()));
  const Applied applied = TRY(engine_.observe());
  std::vector<std::uint32_t> quarantined;
  std::vector<std::string> reasons;
  for (const auto& [module, level] : state.quarantined) {
    const auto reason = state.quarantine_reasons.find(module);
    quarantined.push_back(level);
    reasons.push_back(reason != state.quarantine_reasons.end()
                          ? reason->second
                          : "this machine went down soon after it was applied");
  }
  return AgentStatus{.report = TRY(make_report(state, applied)),
                     .module_name = applied.module_name,
                     .transition = applied.transition,
                     .held = state.held,
                     .newest = state.newest,
                     .quarantined = std::move(quarantined),
                     .quarantine_reasons = std::move(reasons),
                     .watched = state.watched.has_value(),
                     .waits = state.waits,
                     .log = checked_log_head(config_.state / "trusted")};
}

Result<HostReport> Agent::whole_report() const {
  HostReport report = TRY(status()).report;
  report.modules = modules_of(config_.host_root);
  return report;
}

Result<void> Agent::send_report() const {
  if (config_.server.empty()) return {};
  const std::string body = json_text(to_json(TRY(whole_report())));
  TRY(run_unprivileged(Unprivileged::find(), std::chrono::seconds(2 * kTimeoutSeconds), [&] {
    return post(config_.server + "/api/v1/reports", body, http_options(config_));
  }));
  return {};
}

}  // namespace suture
