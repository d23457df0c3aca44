// SPDX-License-Identifier: Apache-2.0
//
// What the host tells of itself, to people here and to the server.
#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "agent/agent.h"
#include "agent/host_key.h"
#include "agent/log.h"
#include "agent/reporting.h"
#include "agent/unprivileged.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "engine/running_modules.h"
#include "patchset/report_signature.h"
#include "repository/client.h"

namespace suture {
namespace {

constexpr std::size_t kIdLength = 32;
constexpr long kTimeoutSeconds = 30;
constexpr std::size_t kLongestTrouble = 512;
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

/// A report as it goes out.
struct Outgoing {
  std::string body;
  std::vector<std::string> headers;
};

/// A server that says more than an error does is not listened to further.
std::size_t keep_beginning(char* bytes, std::size_t size, std::size_t count, void* kept) {
  auto& text = *static_cast<std::string*>(kept);
  text.append(bytes, std::min(size * count, kReportAnswerLimit - std::min(kReportAnswerLimit, text.size())));
  return size * count;
}

std::string hint_for(const std::string& code) {
  std::string later = "Reports go out again with the next check.";
  if (code == "request.token") {
    return "The server takes new hosts by a token: server_token in suture-agent.toml(5). " + later;
  }
  if (code == "host.other-key") {
    return "It knows this host by another key. If the host was set up anew, an operator has that key "
           "forgotten: suture-server(8) tells how. " +
           later;
  }
  if (code == "host.clock") return "Set this machine's clock. " + later;
  if (code == "host.replayed") {
    return "A machine with a copy of this one's disk may report in its place. " + later;
  }
  return later;
}

std::unexpected<Error> not_sent(const std::string& url, const std::string& why,
                                const std::string& code = {}) {
  return fail("agent.report-refused", "send the report to " + url, why, hint_for(code));
}

/// An answer that is none is as one without a plan, but that it says so: the report has arrived.
Json read_answer(std::string_view answer) {
  const auto plan = parse_answered_plan(answer);
  if (!plan) return {{"unread", plan.error().message()}};
  return {{"plan", *plan ? to_json(**plan) : Json()}};
}

/// Sends it, and reads what is answered. In the process without rights.
Result<Json> post(const std::string& url, const Outgoing& report, const HttpOptions& options) {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), &curl_slist_free_all);
  if (!curl || !headers) return not_sent(url, "out of memory");
  for (const std::string& header : report.headers) {
    if (curl_slist_append(headers.get(), header.c_str()) == nullptr) return not_sent(url, "out of memory");
  }
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, report.body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(report.body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep_beginning);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  set_way(curl.get(), options);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    return not_sent(url, curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status <= 299) return read_answer(answer);
  const ReportedError why = parse_refusal(answer);
  const std::string words = why.code.empty() ? "" : ", " + why.code + ": " + why.message;
  return not_sent(url, "the server answered " + std::to_string(status) + words, why.code);
}

/// The token that a server takes new hosts by. Its file may be gone once the server knows the host.
Result<std::string> read_token(const std::filesystem::path& file) {
  constexpr std::size_t kLimit = 4096;
  std::error_code problem;
  if (file.empty() || !std::filesystem::exists(file, problem)) return std::string();
  std::string token = first_line(TRY(read_text_file(file, kLimit)));
  const bool plain = std::ranges::all_of(token, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (plain && !token.empty()) return token;
  return fail("agent.server-token", "read the token in " + file.string(),
              "its first line is not printable characters without spaces",
              "It is the one that the server's --report-token-file has.");
}

/// On a full disk a report is what tells of it. Without the file the clock alone makes numbers rise.
void keep(const AgentConfig& config, const Reporting& reporting) {
  if (const auto kept = write_reporting(config.state, reporting); !kept) log_warning(kept.error().message());
}

/// Signs what is to be sent. The number is kept before it is used: none is used twice.
Result<Outgoing> signed_report(const AgentConfig& config, const HostReport& report, Reporting& reporting) {
  const Ed25519Private key = TRY(load_host_key(config.state));
  Outgoing outgoing{.body = json_text(to_json(report)), .headers = {}};
  reporting.key = key.public_key().hex();
  reporting.counter = next_counter(reporting.counter, std::chrono::system_clock::now());
  keep(config, reporting);
  const ReportHeaders headers =
      TRY(sign_report(key, report.host_id, outgoing.body, wall_clock(), reporting.counter));
  outgoing.headers = {"Suture-Host-Id: " + headers.host_id, "Content-Digest: " + headers.content_digest,
                      "Signature-Input: " + headers.signature_input, "Signature: " + headers.signature};
  const std::string token = TRY(read_token(config.server_token));
  if (!token.empty()) outgoing.headers.push_back("Authorization: Bearer " + token);
  return outgoing;
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

ReportedError parse_refusal(std::string_view answer) {
  constexpr std::size_t kLongestCode = 64;
  constexpr std::size_t kLongestMessage = 512;
  const auto json = parse_json(answer, "the server's answer");
  if (!json || !json->is_object()) return {};
  const auto error = json_object(*json, "error");
  if (!error) return {};
  ReportedError refusal{json_string(**error, "code").value_or(""),
                        json_string(**error, "message").value_or("")};
  const bool plain =
      refusal.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
  if (!plain || refusal.code.size() > kLongestCode) return {};
  std::erase_if(refusal.message, [](unsigned char c) { return c < ' ' || c >= 0x7f; });
  if (refusal.message.size() > kLongestMessage) refusal.message.resize(kLongestMessage);
  return refusal;
}

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
  report.transition = applied.transition;
  for (const auto& [module, level] : state.quarantined) {
    if (report.quarantined.size() < kMostQuarantined) report.quarantined.push_back(level);
  }
  std::ranges::sort(report.quarantined);
  report.rollouts = follows_rollouts(config_);
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
  Reporting reporting = config_.server.empty() ? Reporting() : read_reporting(config_.state);
  return AgentStatus{.report = TRY(make_report(state, applied)),
                     .module_name = applied.module_name,
                     .transition = applied.transition,
                     .held = state.held,
                     .newest = state.newest,
                     .quarantined = std::move(quarantined),
                     .quarantine_reasons = std::move(reasons),
                     .watched = state.watched.has_value(),
                     .waits = state.waits,
                     .plan = plan_in(state),
                     .log = checked_log_head(config_.state / "trusted"),
                     .host_key = std::move(reporting.key),
                     .report_error = std::move(reporting.error)};
}

Result<HostReport> Agent::whole_report() const {
  HostReport report = TRY(status()).report;
  report.modules = modules_of(config_.host_root);
  return report;
}

Result<void> Agent::send_report() const {
  if (config_.server.empty()) return {};
  Reporting reporting = read_reporting(config_.state);
  const std::optional<ReportedError> before = reporting.error;
  Json answered;
  const auto sent = [&]() -> Result<void> {
    const Outgoing outgoing = TRY(signed_report(config_, TRY(whole_report()), reporting));
    answered = TRY(run_unprivileged(Unprivileged::find(), std::chrono::seconds(2 * kTimeoutSeconds), [&] {
      return post(config_.server + std::string(kReportPath), outgoing, http_options(config_));
    }));
    return {};
  }();
  reporting.error.reset();
  if (!sent) reporting.error = ReportedError{sent.error().code, sent.error().message()};
  if (reporting.error != before) keep(config_, reporting);
  if (!sent) return sent;
  // Of a server that has no plans, nothing is expected.
  if (const auto unread = json_string(answered, "unread"); unread && follows_rollouts(config_)) {
    log_warning(unread->substr(0, kLongestTrouble));
    return {};
  }
  if (const auto kept = keep_plan(answered); !kept) log_warning(kept.error().message());
  return {};
}

}  // namespace suture
