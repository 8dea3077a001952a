#pragma once

#include <carrel/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::cli {

/// Where an export goes: stdout, or a file that has `.part` behind its name until it is whole. Each row begins with the
/// event's id. Not thread-safe.
class export_output {
public:
    /// `resumes`: keeps the whole rows of a part file, if there is one. `hides_id`: the id is taken off each row.
    /// Errors: the system's, with the file's name; EEXIST for a file that is there already;
    /// `database_in_use` if another run writes the part file.
    static result<export_output> open(const std::string& path, bool is_csv, bool resumes, bool hides_id);
    export_output(export_output&& other) noexcept;
    export_output& operator=(export_output&&) = delete;
    ~export_output();

    /// Writes a page of rows, of CSV with its header; how many rows they were.
    result<std::int64_t> write(std::string_view page);
    /// All is written: makes it durable and gives the file its name.
    result<void> finish();

    std::int64_t rows() const noexcept { return rows_; }
    /// Of the last row; empty before the first.
    const std::string& last_id() const noexcept { return last_id_; }

private:
    export_output(std::string path, int descriptor, bool is_csv, bool hides_id)
        : path_(std::move(path)),
          descriptor_(descriptor),
          is_csv_(is_csv),
          hides_id_(hides_id) {}
    result<void> take_over();
    result<void> put(std::string_view bytes);
    std::size_t row_end(std::string_view text) const;
    void note_row(std::string_view row);
    std::string_view without_id(std::string_view row, std::string& scratch) const;

    std::string path_;  // empty: stdout
    int descriptor_;
    bool is_csv_, hides_id_;
    bool has_header_ = false;
    std::int64_t rows_ = 0;
    std::string last_id_;
};

}  // namespace carrel::cli
