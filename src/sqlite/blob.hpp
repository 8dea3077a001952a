#pragma once

#include <memory>
#include <vector>

struct sqlite3_blob;

namespace carrel::sqlite {

class connection;

/// A blob handle of SQLite. Closed by its connection at the end of the job, even if it is still held.
struct open_blob {
    connection* owner = nullptr;  // null once closed
    sqlite3_blob* handle = nullptr;

    ~open_blob();
    void close() noexcept;
};

/// The blob handles that the running job has open.
class blob_list {
public:
    void add(const std::shared_ptr<open_blob>& one) { open_.push_back(one); }
    void erase_closed() noexcept;
    /// Closes what is still open; true if there was any.
    bool reclaim() noexcept;

private:
    std::vector<std::weak_ptr<open_blob>> open_;
};

}  // namespace carrel::sqlite
