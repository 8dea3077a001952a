-- The limit: GET of a fixed string.
dofile("wrk/load.lua")
done = report
