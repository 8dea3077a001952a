#include "background/trouble_watch.hpp"

namespace carrel::siem {

namespace {

constexpr std::chrono::seconds census_interval{5};

}  // namespace

trouble_watch::trouble_watch(database& store, log_sink log, work_counts& counts)
    : worker_(
          [&store, &counts](const std::stop_token&) -> result<bool> {
              auto found = store.read(count_troubles, background_options());
              if (!found) return found.error();
              counts.set_troubles(std::move(*found));
              return false;
          },
          std::move(log), "what waits for somebody could not be counted", census_interval) {}

}  // namespace carrel::siem
