-- POST of one alert a request.
local one

function init()
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = '{"title":"Suspicious use of wevtutil","description":"The log path of Security was changed.",'
        .. '"severity":"high","tags":["attack.t1070.001"],"risk_score":73}'
    one = wrk.format("POST", "/api/v1/alerts")
end

function request()
    return one
end

dofile("wrk/load.lua")
done = report
