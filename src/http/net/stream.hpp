#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace carrel::http {

enum class io_status { done, would_block, ended, failed };

/// What one receive or send did. `count` is of bytes and 0 unless `done`.
struct io_outcome {
    io_status status = io_status::done;
    std::size_t count = 0;
};

/// A non-blocking byte stream, as a connection sees it: TCP, or TLS over it.
///
/// `note` takes what the poller saw. `may_receive` is true from then on until a receive would block; `may_send` if what the
/// poller saw may have made room; `at_end` once a receive met the end of input, `end_is_signalled` as soon as the peer has
/// ended its side, even before bytes that are still to be received. `shutdown_send` ends our side and leaves the peer's
/// open, `close` ends both, `abort` also drops what the peer has not taken yet.
template <class Stream>
concept byte_stream = requires(Stream stream, const Stream& seen, std::span<char> room, std::string_view bytes,
                               std::uint32_t events) {
    { stream.receive(room) } -> std::same_as<io_outcome>;
    { stream.send(bytes) } -> std::same_as<io_outcome>;
    { seen.unacknowledged() } -> std::same_as<std::size_t>;
    { seen.may_receive() } -> std::same_as<bool>;
    { seen.may_send(events) } -> std::same_as<bool>;
    { seen.at_end() } -> std::same_as<bool>;
    { seen.end_is_signalled() } -> std::same_as<bool>;
    { seen.peer_is_gone() } -> std::same_as<bool>;
    stream.note(events);
    stream.shutdown_send();
    stream.close();
    stream.abort();
};

}  // namespace carrel::http
