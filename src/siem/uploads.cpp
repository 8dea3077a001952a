#include "siem/uploads.hpp"

#include "base/utf8.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

constexpr std::size_t text_bytes_max = 16 * 1024;  // of a part of a form that is no file
constexpr std::size_t file_name_max = 255;

problem unsupported(std::string field, std::string detail) {
    return problem_of(problem_code::unsupported_media_type, std::move(field), std::move(detail));
}

// Tabs, line ends, form feeds and escapes are in texts.
constexpr std::array<bool, 256> text_bytes = [] {
    std::array<bool, 256> table{};
    for (std::size_t i = 0x20; i < table.size(); ++i) table[i] = i != 0x7f;
    for (const std::size_t i : {0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x1b}) table[i] = true;
    return table;
}();

bool is_all_text(std::string_view bytes) noexcept {
    bool all = true;
    for (const char c : bytes) all &= text_bytes[static_cast<unsigned char>(c)];
    return all;
}

// Controls, and marks that turn the direction of writing: `exe.txt` may be shown for `txt.exe`.
bool is_hidden(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

}  // namespace

std::string fault_in_file_name(std::string_view name) {
    if (name.empty()) return "must not be empty";
    std::size_t characters = 0;
    for (std::string_view rest = name; !rest.empty(); ++characters) {
        const auto first = json::first_code_point(rest);
        if (first.size == 0) return "must be UTF-8";
        if (is_hidden(first.value)) return "must have no control characters";
        rest.remove_prefix(first.size);
    }
    if (characters > file_name_max) return "must have at most 255 characters";
    if (name.find_first_of("/\\") != name.npos) return "must be a name, not a path: it has a / or a \\";
    if (name.find("..") != name.npos) return "must not have ..";
    if (name == "." || name.front() == ' ' || name.back() == ' ' || name.back() == '.')
        return "must not begin with a blank or end with a blank or a dot";
    return {};
}

std::optional<problem> upload::begin(const call& request) {
    if (request.content_type.empty()) return begin_raw(request);
    const auto type = base::parse_parameters(request.content_type);
    if (!type) return unsupported("Content-Type", "cannot be read");
    if (type->kind == "multipart/form-data") return begin_form(*type);
    if (auto why = declare(type->kind)) return why;
    return begin_raw(request);
}

std::optional<problem> upload::begin_form(const base::parameters& type) {
    const auto* const boundary = type.find("boundary");
    if (boundary == nullptr) return unsupported("Content-Type", "has no boundary");
    if (!base::multipart_reader::is_boundary(*boundary))
        return unsupported("Content-Type", "has a boundary that is none: 1 to 70 of the characters of RFC 2046");
    form_ = std::make_unique<base::multipart_reader>(*boundary, static_cast<base::part_sink&>(*this));
    return std::nullopt;
}

std::optional<problem> upload::begin_raw(const call& request) {
    has_file_ = true;
    if (const auto given = parameter(request.query, "description"))
        if (auto why = describe(*given)) return why;
    if (const auto given = parameter(request.query, "file_name")) return name(*given);
    if (request.content_disposition.empty())
        return problem_of(problem_code::invalid, "file_name",
                          "is missing: give it as a parameter or in Content-Disposition");
    const auto about = base::parse_parameters(request.content_disposition);
    const auto found = about ? base::file_name_of(*about) : std::nullopt;
    if (!found) return problem_of(problem_code::bad_request, "Content-Disposition", "cannot be read");
    return name(found->value_or(""));
}

std::optional<problem> upload::declare(std::string_view type) {
    if (type.starts_with("multipart/"))
        return unsupported("Content-Type", "must not be a multipart type within a form");
    declared_type_ = type;
    return rules_->check_type != nullptr ? rules_->check_type(*this) : std::nullopt;
}

std::optional<problem> upload::name(std::string_view file_name) {
    if (auto wrong = fault_in_file_name(file_name); !wrong.empty())
        return problem_of(problem_code::invalid, "file_name", std::move(wrong));
    file_name_ = file_name;
    return std::nullopt;
}

std::optional<problem> upload::describe(std::string_view text) {
    std::size_t characters = 0;
    for (std::string_view rest = text; !rest.empty(); ++characters) {
        const auto first = json::first_code_point(rest);
        if (first.size == 0) return problem_of(problem_code::invalid, "description", "must be UTF-8");
        rest.remove_prefix(first.size);
    }
    if (characters > static_cast<std::size_t>(rules_->description_max))
        return problem_of(problem_code::invalid, "description",
                          "must have at most " + std::to_string(rules_->description_max) + " characters");
    description_ = text;
    return std::nullopt;
}

std::optional<problem> upload::take(std::string_view bytes) {
    if (form_ == nullptr) return add(bytes);
    if (form_->feed(bytes)) return std::nullopt;
    if (refused_) return refused_;
    return problem{problem_code::bad_request, "The form " + form_->why() + ".", {}};
}

std::optional<problem> upload::finish() {
    if (form_ != nullptr && !form_->finish())
        return refused_ ? refused_ : problem{problem_code::bad_request, "The form " + form_->why() + ".", {}};
    if (!has_file_) return problem_of(problem_code::invalid, "file", "is missing: the form has no such part");
    if (size_ == 0) return problem_of(problem_code::invalid, "file", "is empty");
    return rules_->check_whole != nullptr ? rules_->check_whole(*this) : std::nullopt;
}

std::optional<problem> upload::add(std::string_view bytes) {
    if (bytes_max_ != 0 && static_cast<std::size_t>(size_) + bytes.size() > bytes_max_)
        return problem_of(problem_code::too_large, "file", "is larger than " + std::to_string(bytes_max_) + " bytes");
    size_ += static_cast<std::int64_t>(bytes.size());
    sum_.update(bytes);
    is_text_ = is_text_ && is_all_text(bytes);
    if (head_.size() < head_bytes) head_.append(bytes.substr(0, head_bytes - head_.size()));
    constexpr std::size_t is_small = 64 * 1024, room = job_bytes + chunk_bytes;
    if (pending_.size() + bytes.size() > is_small && pending_.capacity() < room) pending_.reserve(room);
    pending_.append(bytes);
    return std::nullopt;
}

std::string upload::take_chunks() {
    std::string rest;
    const std::size_t size = pending_.size() - pending_.size() % chunk_bytes;
    rest.assign(pending_, size);
    pending_.resize(size);
    std::swap(rest, pending_);
    return rest;
}

std::string upload::identity() const {
    std::string made = base::hex_of(sum());
    for (const std::string& each : {file_name_, declared_type_, description_.value_or("")})
        made.append(1, '\0').append(each);
    return made;
}

// -- a form ---

std::string upload::refused_by(std::optional<problem> why) {
    if (!why) return {};
    refused_ = std::move(why);
    return "is refused";
}

std::string upload::on_part(const fields& head) {
    const auto field_named = [&](std::string_view wanted) {
        return std::find_if(head.begin(), head.end(), [&](const auto& each) { return each.first == wanted; });
    };
    const auto disposition = field_named("content-disposition");
    const auto about = disposition == head.end() ? std::nullopt : base::parse_parameters(disposition->second);
    const auto* const name = about ? about->find("name") : nullptr;
    if (name == nullptr || about->kind != "form-data") return "has a part without a name";
    const auto encoding = field_named("content-transfer-encoding");
    if (encoding != head.end() && encoding->second != "binary" && encoding->second != "8bit" &&
        encoding->second != "7bit")
        return "has a part with a Content-Transfer-Encoding";
    text_.clear();
    if (*name == "file") return begin_file(*about, head);
    if (*name != "description" || rules_->description_max == 0)
        return refused_by(problem_of(problem_code::invalid, quoted(*name), "is no part of this form"));
    if (description_) return refused_by(problem_of(problem_code::invalid, "description", "is given twice"));
    part_ = part::description;
    return {};
}

std::string upload::begin_file(const base::parameters& about, const fields& head) {
    if (has_file_) return refused_by(problem_of(problem_code::invalid, "file", "is given twice"));
    has_file_ = true;
    part_ = part::file;
    const auto found = base::file_name_of(about);
    if (!found || !*found) return refused_by(problem_of(problem_code::invalid, "file", "has no file name"));
    if (auto why = refused_by(name(**found)); !why.empty()) return why;
    const auto type =
        std::find_if(head.begin(), head.end(), [](const auto& each) { return each.first == "content-type"; });
    if (type == head.end()) return {};
    const auto parsed = base::parse_parameters(type->second);
    if (!parsed) return refused_by(unsupported("Content-Type", "of the file cannot be read"));
    return refused_by(declare(parsed->kind));
}

std::string upload::on_bytes(std::string_view bytes) {
    if (part_ == part::file) return refused_by(add(bytes));
    if (text_.size() + bytes.size() > text_bytes_max)
        return refused_by(problem_of(problem_code::too_large, "description", "is too long"));
    text_.append(bytes);
    return {};
}

std::string upload::on_part_end() {
    const auto ended = std::exchange(part_, part::none);
    return ended == part::description ? refused_by(describe(text_)) : std::string();
}

// -- operations ---

std::optional<problem> check_upload(const operation& what, call& request, const upload_rules& rules) {
    if (auto wrong = check_address(what, request)) return wrong;
    if (auto twice = refuse_repeats(request.query); !twice.empty())
        return problem_of(problem_code::bad_request, std::move(twice));
    auto made = std::make_unique<upload>(rules, request.file_bytes_max);
    if (auto wrong = made->begin(request)) return wrong;
    if (!request.file.empty()) {
        if (auto wrong = made->take(request.file)) return wrong;
        if (auto wrong = made->finish()) return wrong;
    }
    request.parsed = std::move(made);
    return std::nullopt;
}

result<std::int64_t> keep_upload(write_session& session, const upload& from, timestamp now, reply& into) {
    std::int64_t blob = from.blob();
    if (!from.pending().empty()) {
        auto stored = append_to_blob(session, blob, from.pending(), now);
        if (!stored) return stored.error();
        blob = *stored;
    }
    auto complete = complete_blob(session, blob, from.sum());
    if (!complete) return complete.error();
    if (!*complete) return refuse(into, {problem_code::conflict, "the upload took too long and was given up", {}});
    return blob;
}

}  // namespace carrel::siem
