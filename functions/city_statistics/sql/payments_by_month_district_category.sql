-- Won by district and category with their totals, and the evidence that disclosure control decides on.
WITH visits AS (SELECT DISTINCT wallet, district, category FROM payments),
members AS (
    SELECT coalesce(district, 'total') AS district, coalesce(category, 'total') AS category, count(DISTINCT wallet) AS members
    FROM visits
    GROUP BY CUBE (district, category)
),
sold AS (
    SELECT coalesce(district, 'total') AS district, coalesce(category, 'total') AS category, merchant, sum(won) AS won
    FROM shops
    GROUP BY GROUPING SETS ((district, category, merchant), (district, merchant), (category, merchant), (merchant))
)
SELECT district, category, CAST(sum(won) AS BIGINT) AS won, any_value(members) AS members, count(*) AS shops,
       CAST(max(won) AS BIGINT) AS largest, CAST(coalesce(max(won, 2)[2], 0) AS BIGINT) AS second
FROM sold JOIN members USING (district, category)
GROUP BY district, category
ORDER BY district, category;
