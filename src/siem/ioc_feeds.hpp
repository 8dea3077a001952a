#pragma once

#include "siem/feed_family.hpp"

namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class feed_format { list, csv, json, stix, misp };
inline constexpr std::array<std::string_view, 5> feed_formats = {"list", "csv", "json", "stix", "misp"};

/// Feeds of indicators, and what came of each time one was read.
const resource& ioc_feeds();
const resource& ioc_feed_history();

/// Reads the files of a feed: indicators that it lets through, those it does not, and what is wrong with the rest.
base::outcome<std::unique_ptr<prepared_feed>> prepare_ioc_feed(const record& feed, const fetched_source& from,
                                                               const call& request);

}  // namespace carrel::siem
