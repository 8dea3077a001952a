#pragma once

#include "base/disposition.hpp"
#include "base/multipart.hpp"
#include "base/sha256.hpp"
#include "resource/operation.hpp"
#include "siem/blobs.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::siem {

class upload;

/// What an aggregate asks of a file that is uploaded to it.
struct upload_rules {
    std::int64_t description_max = 0;  // characters; 0: it takes none
    /// What is wrong with the type that is declared, before a byte has come, and with the whole file.
    std::optional<problem> (*check_type)(const upload&) = nullptr;
    std::optional<problem> (*check_whole)(const upload&) = nullptr;
};

/// A file of `body_kind::upload` on its way into a blob: the body as it is, or the part `file` of a form. The front end feeds it
/// and stores what has come, a few chunks a job; the operation's write stores the rest. Belongs to one thread at a time.
class upload final : public input, private base::part_sink {
public:
    /// So much is stored by one job.
    static constexpr std::size_t job_bytes = 4 * chunk_bytes;
    static constexpr std::size_t head_bytes = 4096;

    upload(const upload_rules& rules, std::size_t bytes_max)
        : rules_(&rules),
          bytes_max_(bytes_max) {}

    /// What the request says of the file; `call::content_type`, `call::content_disposition` and its parameters.
    std::optional<problem> begin(const call& request);
    /// Bytes of the body. What is wrong with it ends it.
    std::optional<problem> take(std::string_view bytes);
    /// The body is complete.
    std::optional<problem> finish();

    /// There is enough for a job: `take_chunks` hands it over, and `stored` says which blob has it.
    bool has_chunks() const noexcept { return pending_.size() >= job_bytes; }
    std::string take_chunks();
    void stored(std::int64_t in_blob) noexcept { blob_ = in_blob; }

    std::int64_t blob() const noexcept { return blob_; }  // 0: nothing is stored yet
    const std::string& pending() const noexcept { return pending_; }
    std::int64_t size() const noexcept { return size_; }
    base::sha256::digest sum() const noexcept { return sum_.value(); }
    std::string_view head() const noexcept { return head_; }
    /// No byte of it is a control that no text has.
    bool is_text() const noexcept { return is_text_; }
    const std::string& file_name() const noexcept { return file_name_; }
    const std::optional<std::string>& description() const noexcept { return description_; }
    /// Without parameters, in lower case; empty: nothing was declared.
    const std::string& declared_type() const noexcept { return declared_type_; }
    /// What makes two uploads the same, apart from where they go.
    std::string identity() const;

private:
    enum class part { none, file, description };

    std::string on_part(const fields& head) override;
    std::string on_bytes(std::string_view bytes) override;
    std::string on_part_end() override;
    std::string begin_file(const base::parameters& about, const fields& head);
    std::optional<problem> begin_form(const base::parameters& type);
    std::optional<problem> begin_raw(const call& request);
    std::optional<problem> declare(std::string_view type);
    std::optional<problem> name(std::string_view file_name);
    std::optional<problem> describe(std::string_view text);
    std::optional<problem> add(std::string_view bytes);
    std::string refused_by(std::optional<problem> why);

    const upload_rules* rules_;
    std::size_t bytes_max_;
    std::unique_ptr<base::multipart_reader> form_;
    std::optional<problem> refused_;  // by the form's sink
    part part_ = part::none;
    std::string text_;  // of a part that is no file
    bool has_file_ = false;
    std::string file_name_, declared_type_;
    std::optional<std::string> description_;
    std::string head_, pending_;
    base::sha256 sum_;
    std::int64_t size_ = 0, blob_ = 0;
    bool is_text_ = true;
};

/// For `operation::check`: what comes is an upload. A file that is there whole (`call::file`) is taken at once.
std::optional<problem> check_upload(const operation& what, call& request, const upload_rules& rules);
/// Stores what has not been stored yet and completes the blob: its number. Refuses an upload that was given up meanwhile. It may run
/// again: the upload stays as it is.
result<std::int64_t> keep_upload(write_session& session, const upload& from, timestamp now, reply& into);

/// What is wrong with a file's name, which others may take for a path; empty if nothing is.
std::string fault_in_file_name(std::string_view name);

}  // namespace carrel::siem
