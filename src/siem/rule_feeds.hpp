#pragma once

#include "siem/feed_family.hpp"

namespace carrel::siem {

/// Feeds of rules, and what came of each time one was read.
const resource& rule_feeds();
const resource& rule_feed_history();

/// Reads the files of a feed: rules that it lets through, those it does not, and what is wrong with the rest.
base::outcome<std::unique_ptr<prepared_feed>> prepare_rule_feed(const record& feed, const fetched_source& from,
                                                                const call& request);

}  // namespace carrel::siem
