"""Ten thousand connections."""
from .outcome import Outcome

RATE = 40_000


def connections(setting):
    crowd = setting.sized(10_000, 500)
    rate = setting.sized(RATE, 1_000)
    out = Outcome(f"{crowd:,} keep-alive connections, all of them active, one shard: at {rate:,} requests/s, whatever the server makes "
                  f"of them (open loop); and {crowd:,} requests in flight at once (closed loop).")
    database = setting.alerts(setting.sized(100_000, 1_000))
    ids = setting.ids(database)
    common = ("--mix", "point=1", "--ids", ids, "--connections", crowd, "--warm-up", 2, "--seconds", setting.seconds)
    for _ in setting.each_round():
        with setting.contender("carrel", database, out) as server:
            setting.load(server, "--mix", "point=1", "--ids", ids, "--connections", 16, "--seconds", 1)  # caches fill
            before = server.rss_bytes()
            peak = before
            with setting.loaded(server, *common, "--rate", rate) as load:
                while load.wait(0.2):
                    peak = max(peak, server.rss_bytes())
            out.note_run("carrel, open loop", load.run)
            out.note("carrel, open loop", "bytes a connection", (peak - before) / crowd)
            out.note_run("carrel, all in flight", setting.load(server, *common))
    out.at_most("connections, P95 at the rate, ms", "carrel, open loop", "p95_ms", 50)
    out.at_least("connections, requests/s answered", "carrel, open loop", "requests/s", rate * 0.99)
    out.at_most("connections, bytes each", "carrel, open loop", "bytes a connection", 12_000)
    out.fact("refused, broken, unanswered or wrong", "none: each of them ends the scenario")
    return out

