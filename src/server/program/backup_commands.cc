// SPDX-License-Identifier: Apache-2.0
#include "backup_commands.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/json.h"
#include "local.h"
#include "server/access/access_store.h"
#include "server/backup/backup.h"

namespace suture::server {
namespace {

void show(std::string_view done, const BackupSummary& summary, bool json) {
  const std::string last = summary.audit.number == 0 ? "" : text_of(summary.audit);
  if (json) {
    fmt::print("{}", json_text({{"schema", summary.schema},
                                {"tables", summary.tables},
                                {"rows", summary.rows},
                                {"audit", last.empty() ? Json(nullptr) : Json(last)}}));
  } else {
    fmt::print("{} {} rows of {} tables; the audit log ends with {}\n", done, summary.rows, summary.tables,
               last.empty() ? "nothing" : last);
  }
}

Result<void> record(const FleetDatabase& database, std::string action, const std::string& file) {
  auto store = TRY(AccessStore::open(database));
  return store.record({local_user(), std::move(action), file, "ok"}, std::chrono::system_clock::now());
}

void remove_database(const std::filesystem::path& file) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(file.string() + suffix, ignored);
  }
}

}  // namespace

BackupCommands::BackupCommands(CLI::App& app, const DatabaseArguments& database) : database_(database) {
  backup_ = app.add_subcommand("backup", "Write all that the database has to a file, while the server runs")
                ->fallthrough();
  backup_->footer("Example: suture-server backup /mnt/elsewhere/fleet.backup");
  restore_ = app.add_subcommand("restore", "Fill an empty database from such a file")->fallthrough();
  restore_->footer(
      "Example: suture-server --database postgresql://suture@db/fleet restore /mnt/elsewhere/fleet.backup");
  for (CLI::App* command : {backup_, restore_}) {
    command->add_option("file", file_, "The backup")->required()->type_name("FILE");
    command->add_flag("--json", json_, "Print JSON");
  }
}

std::optional<Result<void>> BackupCommands::run() {
  if (backup_->parsed()) return back_up();
  if (restore_->parsed()) return restore();
  return std::nullopt;
}

// What leaves the database is told in it before, and so is in the backup, too.
Result<void> BackupCommands::back_up() {
  const FleetDatabase database = TRY(database_of(database_));
  TRY(need_database(database));
  TRY(record(database, "backup.write", file_));
  show("wrote", TRY(write_backup(database, file_, std::chrono::system_clock::now())), json_);
  return {};
}

Result<void> BackupCommands::restore() {
  const FleetDatabase database = TRY(database_of(database_));
  const bool made = !database.is_shared() && !std::filesystem::exists(database.file());
  if (made) ::umask(0077);
  const auto restored = restore_backup(database, file_);
  if (!restored) {
    if (made) remove_database(database.file());
    return std::unexpected(restored.error());
  }
  TRY(record(database, "backup.restore", file_));
  if (made) TRY(give_to_owner_of_folder(database.file()));
  show("restored", *restored, json_);
  return {};
}

}  // namespace suture::server
