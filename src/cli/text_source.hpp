#pragma once

#include "base/unpacker.hpp"

#include <carrel/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace carrel::cli {

/// The unpacked bytes of a file, packed by gzip or zstd or not at all, or of stdin (`-`).
class text_source {
public:
    static result<text_source> open(const std::string& path);

    /// Adds more bytes behind what `into` holds. False at the end. A packed file that ends too early, or has other
    /// bytes behind its data, is an error; what came before has been given out.
    result<bool> append_to(std::string& into);
    /// The share of the file that was read; 0 while that is unknown.
    double fraction() const;

private:
    class descriptor {
    public:
        explicit descriptor(int fd) noexcept
            : fd_(fd) {}
        descriptor(descriptor&& other) noexcept
            : fd_(std::exchange(other.fd_, -1)) {}
        descriptor& operator=(descriptor&& other) noexcept {
            std::swap(fd_, other.fd_);
            return *this;
        }
        ~descriptor();
        int get() const noexcept { return fd_; }

    private:
        int fd_;
    };
    text_source(descriptor file, std::int64_t size)
        : file_(std::move(file)),
          size_(size) {}
    result<bool> read_more();
    result<void> recognise();

    descriptor file_;
    std::int64_t size_;  // on disk
    std::int64_t taken_ = 0;
    std::string packed_;  // read, but not given out: [packed_at_, end)
    std::size_t packed_at_ = 0;
    std::unique_ptr<base::unpacker> unpacker_;  // empty: the file is plain
    bool recognised_ = false;
};

}  // namespace carrel::cli
