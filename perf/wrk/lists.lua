-- GET of the newest fifty alerts.
wrk.path = "/api/v1/alerts?limit=50"

dofile("wrk/load.lua")
done = report
