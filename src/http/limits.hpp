#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace carrel::http {

/// Bounds on what clients may cost. Times are checked by a sweep, so they are exact to `sweep_interval`.
struct limits {
    // One request.
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t fields_max = 100;
    std::size_t target_bytes_max = 8 * 1024;
    std::size_t body_bytes_max = 1 << 20;      ///< JSON bodies.
    std::size_t event_bytes_max = 64u << 20;   ///< Events of one request, unpacked.
    std::size_t upload_bytes_max = 50u << 20;  ///< A file of evidence.
    std::size_t events_max = 1'000'000;        ///< Events of one request.
    std::size_t event_store_bytes_max = 256u
                                        << 20;  ///< What the events of one request may take in the database, about.
    std::size_t unpack_ratio_max = 100;         ///< Unpacked to packed bytes, beyond the first MiB.

    // Requests of one client; a rate of 0 is no limit, and a burst of 0 twice the rate.
    std::size_t address_rate = 0;  ///< A second, of one address other than loopback (of an IPv6 address its /64).
    std::size_t address_burst = 0;
    std::size_t principal_rate = 0;  ///< A second, of one user or token.
    std::size_t principal_burst = 0;

    // One connection.
    std::size_t pipeline_max = 16;  ///< Requests in flight.
    std::size_t requests_per_connection_max = 10'000;

    // All of them.
    std::size_t connections_max = 0;  ///< 0: as many as descriptors allow, at most 16384. Lowered to what they allow.
    std::size_t connections_per_address_max = 0;    ///< 0: loopback any number, others a quarter of all.
    std::size_t handshake_steps_a_turn = 2;         ///< Of TLS, on one shard: a signature costs as much as many reads.
    std::size_t turned_away_max = 64;               ///< Connections over a limit, being answered 503 or 429.
    std::size_t intake_bytes_max = 160u << 20;      ///< Bodies in flight over all shards; beyond it 503.
    std::size_t unsent_bytes_max = 128u << 20;      ///< Responses not taken yet; beyond it long reads are 503.
    std::uint64_t disk_reserve_bytes = 128u << 20;  ///< Free space below which events are 507 ...
    unsigned disk_reserve_percent_max = 5;          ///< ... but no more than this of the disk.

    // Log-ins of one address, and passwords that wait to be hashed; beyond them 429 and 503.
    double login_rate = 1;  ///< A second; 0: any number.
    double login_burst = 30;
    std::size_t hashing_threads = 1;
    std::size_t hashing_queue_max = 64;

    // Times.
    std::chrono::milliseconds head_time_max{10'000};  ///< From the first byte of a request to the end of its headers.
    std::chrono::milliseconds body_time_max{30'000};  ///< A window in which a body must come at `body_rate_min`.
    std::chrono::milliseconds body_progress_max{10'000};   ///< Without a byte of a body.
    std::size_t body_rate_min = 1'024;                     ///< Bytes a second.
    std::chrono::milliseconds write_progress_max{10'000};  ///< Without a byte acknowledged by the client.
    std::chrono::milliseconds write_time_max{60'000};      ///< Until what waits is acknowledged.
    std::chrono::milliseconds idle_time_max{60'000};
    std::chrono::milliseconds linger_time_max{30'000};  ///< Reading on after a refusal, so that the client can read it.
    std::chrono::milliseconds linger_progress_max{5'000};
    std::chrono::milliseconds drain_idle_time{500};  ///< While stopping: how long late requests are still taken.
    std::chrono::milliseconds sweep_interval{1'000};
};

}  // namespace carrel::http
