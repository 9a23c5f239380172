-- Won of a year by category. `shops_of_year` has the shops of its months, `members_of_months` the members of each month.
-- Members of a year are counted as those of its strongest month, which is never more than there are.
WITH sold AS (
    SELECT coalesce(category, 'total') AS category, merchant, sum(won) AS won FROM shops_of_year
    GROUP BY GROUPING SETS ((category, merchant), (merchant))
),
members AS (SELECT code AS category, max(members) AS members FROM members_of_months WHERE dimension = 'category' GROUP BY code)
SELECT category, CAST(sum(won) AS BIGINT) AS won, any_value(members) AS members, count(*) AS shops,
       CAST(max(won) AS BIGINT) AS largest, CAST(coalesce(max(won, 2)[2], 0) AS BIGINT) AS second
FROM sold JOIN members USING (category)
GROUP BY category
ORDER BY category;
