-- Won of a year by area. `shops_of_year` has the shops of its months, `members_of_months` the members of each month.
-- Members of a year are counted as those of its strongest month, which is never more than there are.
WITH sold AS (
    SELECT coalesce(area, 'total') AS area, merchant, sum(won) AS won FROM shops_of_year
    GROUP BY GROUPING SETS ((area, merchant), (merchant))
),
members AS (SELECT code AS area, max(members) AS members FROM members_of_months WHERE dimension = 'area' GROUP BY code)
SELECT area, CAST(sum(won) AS BIGINT) AS won, any_value(members) AS members, count(*) AS shops,
       CAST(max(won) AS BIGINT) AS largest, CAST(coalesce(max(won, 2)[2], 0) AS BIGINT) AS second
FROM sold JOIN members USING (area)
GROUP BY area
ORDER BY area;
