-- GET of alerts picked at random. Argument: a file with an id a line.
local requests = {}

function init(args)
    for id in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("GET", "/api/v1/alerts/" .. id)
    end
    math.randomseed(os.time())
end

function request()
    return requests[math.random(#requests)]
end

dofile("wrk/load.lua")
done = report
