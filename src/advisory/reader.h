// SPDX-License-Identifier: Apache-2.0
//
// What all readers of feeds have in common. A feed is a number of documents (a file, or an answer to a
// request), a document holds one record or many, and a record becomes the voices in it. Documents are
// foreign bytes: the readers bound what they take from them, and a record that makes no sense is passed on as
// an error under its name, while those behind it are read all the same.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/voice.h"

namespace suture {

/// What a record says. No voices: it was understood, and has nothing to say here.
/// An error: "advisory.record", with the record's name as `what`.
using ReadRecord = Result<std::vector<Voice>>;

/// Takes one record. Names are unique within a document and stay the same from one reading to the next:
/// "CVE-2026-46234", "linux CVE-2026-46234", or the document's name where not even the id could be read.
/// An error that it returns ends the reading and comes back out of it.
using Sink = std::function<Result<void>(std::string record, ReadRecord voices)>;

enum class FeedFormat : std::uint8_t {
  kCve,              ///< "cve": CVE JSON 5.x
  kOsv,              ///< "osv": OSV JSON
  kDebianTracker,    ///< "debian-tracker": all of Debian's security tracker in one document
  kCsafVex,          ///< "csaf-vex": CSAF 2.0, profile VEX
  kKev,              ///< "kev": CISA's catalogue
  kEpss,             ///< "epss": FIRST's table, CSV
  kDebianChangelog,  ///< "debian-changelog": debian/changelog of a package
};

std::span<const FeedFormat> feed_formats();
std::string_view name_of(FeedFormat format);
/// By its name. "advisory.format"
Result<FeedFormat> feed_format(std::string_view name);

/// Whether a file called so, in a folder or checkout of that format, is a document of it: among CVE records
/// lie checksums and other notes.
bool is_document(FeedFormat format, std::string_view path);

/// Reads one document, which may be compressed with gzip, xz or zstd; of the formats that have a record a
/// document (CVE, OSV, CSAF) it may also be an archive of them, zip or tar. `name` is how it is called in
/// messages, and the name of its record where there is no better one.
///
/// Errors are those of the sink, and "advisory.document" where nothing of it can be read as that format, or
/// no more: a file that was cut off. What was passed on before is right, but it is not all there is.
Result<void> read_document(FeedFormat format, std::string_view name, std::string_view bytes,
                           const Sink& sink);

}  // namespace suture
