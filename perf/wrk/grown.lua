-- GET of alerts picked at random among those that growth.py makes. Argument: how many there are.
local rows, before, after

function init(args)
    rows = tonumber(args[1])
    local whole = wrk.format("GET", "/api/v1/alerts/grown-@")
    before, after = whole:match("^(.-)@(.*)$")
    math.randomseed(os.time())
end

function request()
    return before .. string.format("%010d", math.random(rows)) .. after
end

dofile("wrk/load.lua")
done = report
