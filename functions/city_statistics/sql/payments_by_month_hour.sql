-- Won by the hour in Seoul.
WITH sold AS (
    SELECT coalesce(hour, 'total') AS hour, merchant, sum(won) AS won FROM payments
    GROUP BY GROUPING SETS ((hour, merchant), (merchant))
),
members AS (SELECT coalesce(hour, 'total') AS hour, count(DISTINCT wallet) AS members FROM payments GROUP BY CUBE (hour))
SELECT hour, CAST(sum(won) AS BIGINT) AS won, any_value(members) AS members, count(*) AS shops,
       CAST(max(won) AS BIGINT) AS largest, CAST(coalesce(max(won, 2)[2], 0) AS BIGINT) AS second
FROM sold JOIN members USING (hour)
GROUP BY hour
ORDER BY hour;
