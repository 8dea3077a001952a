-- The limit: GET of a fixed string.
dofile("load.lua")
done = report
