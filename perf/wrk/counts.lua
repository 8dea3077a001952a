-- Counts by an unindexed field, over and over. An answer other than 0 ends the run.
function response(status, _, body)
    if status ~= 200 or body ~= '{"count":0}' then
        io.stderr:write("wrong answer: ", status, " ", body, "\n")
        os.exit(3)
    end
end

dofile("wrk/load.lua")
done = report
